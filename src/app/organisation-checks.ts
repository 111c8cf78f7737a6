import type { CheckResult } from "../cli/cli-services.ts";
import type { NodeCount, OrganisationLook, OrganisationView } from "../clients/accounts/organisation-view.ts";

type Check = Omit<CheckResult, "name">;

/** What QuantConnect says of an account, row by row, and what cannot be done with it. What it does not say is `unknown`. */
export function organisationChecks(look: OrganisationLook): readonly CheckResult[] {
  if (look.kind === "refused") {
    return [
      {
        name: "organisation",
        state: "failed",
        detail: `QuantConnect does not accept the account: ${look.reason}`,
        remedy: "quantwright login quantconnect, with user id and API token of quantconnect.com, Account, API access",
      },
    ];
  }
  if (look.kind === "unreachable") {
    return [
      {
        name: "organisation",
        state: "warning",
        detail: `unknown: QuantConnect gave no answer that can be read (${look.reason})`,
        remedy: "check the network, then quantwright doctor --profile quantconnect",
      },
    ];
  }
  const { view } = look;
  return [
    { name: "organisation", state: "ok", detail: organisationText(view) },
    { name: "tier", state: "ok", detail: view.tier ?? "unknown" },
    { name: "backtest nodes", state: "ok", detail: nodesText(view.nodes.backtest) },
    { name: "research nodes", state: "ok", detail: nodesText(view.nodes.research) },
    { name: "live nodes", state: "ok", detail: nodesText(view.nodes.live) },
    ...impossible(view).map((check) => ({ name: "not possible", ...check })),
  ];
}

function organisationText({ id, name, credit }: OrganisationView): string {
  const which = name === null ? (id ?? "unknown") : `${name}${id === null ? "" : ` (${id})`}`;
  return `${which}; credit ${credit === null ? "unknown" : `${credit.toFixed(2)} USD`}`;
}

function nodesText(nodes: NodeCount | null): string {
  if (nodes === null) return "unknown";
  return nodes.count === 0 ? "none" : `${nodes.count}, busy: ${nodes.busy ?? "unknown"}`;
}

/** What certainly cannot be done; of what is unknown nothing is said. */
function impossible({ tier, nodes }: OrganisationView): readonly Check[] {
  const found: Check[] = [];
  if (nodes.backtest?.count === 0) {
    found.push({
      state: "warning",
      detail: "backtests: the organisation has no backtest node",
      remedy: "add one to the organisation on quantconnect.com, or backtest with --profile local",
    });
  } else if (areAllBusy(nodes.backtest)) {
    found.push({
      state: "warning",
      detail: "a backtest at once: every backtest node is busy, new ones wait for a node",
      remedy: "wait, end a running backtest, or add a node to the organisation",
    });
  }
  if (nodes.live?.count === 0) {
    found.push({
      state: "warning",
      detail: "live and paper deployments: the organisation has no live node",
      remedy: "add one to the organisation on quantconnect.com, or trade on paper with --profile local",
    });
  } else if (areAllBusy(nodes.live)) {
    found.push({
      state: "warning",
      detail: "another live or paper deployment: every live node is busy",
      remedy: "stop a deployment, or add a live node to the organisation",
    });
  }
  if (tier !== null && /^free\b/i.test(tier)) {
    found.push({
      state: "warning",
      detail: 'optimisations: the free tier answers them with "Not valid parameter set"',
      remedy: "upgrade the organisation, or optimise with --profile local",
    });
  }
  return found;
}

function areAllBusy(nodes: NodeCount | null): boolean {
  return nodes !== null && nodes.count > 0 && nodes.busy === nodes.count;
}
