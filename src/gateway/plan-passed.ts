import { z } from "zod";
import type { ApprovalView } from "../domain/approval.ts";
import type { CallClass } from "../domain/call-class.ts";
import type { Clock } from "../domain/clock.ts";
import type { DeploymentMode, TradingMode } from "../domain/profile.ts";
import { isFlat, type Accounts, type AccountView } from "./accounts/account-view.ts";
import { plainPlan, type CallPlan } from "./call-plan.ts";
import { brokerageMode, classify, dependsOnDeployments, NOTHING_RUNS, type DeploymentState } from "./classify.ts";
import type { CompileBook } from "./compile-book.ts";
import type { DeploymentLookup } from "./deployment-lookup.ts";

type Args = Readonly<Record<string, unknown>>;
type Lines = ApprovalView["lines"];

export interface PlannerParts {
  readonly deployments: DeploymentLookup | undefined;
  readonly accounts: Accounts;
  readonly compiles: CompileBook;
  readonly clock: Clock;
}

const deploySchema = z.looseObject({
  projectId: z.int(),
  compileId: z.string(),
  brokerage: z.looseObject({ id: z.string() }),
});

/**
 * What a call of an upstream's tool would do.
 * @throws RefusalError where that cannot be known and so must not be done.
 */
export async function planPassed(tool: string, args: Args, parts: PlannerParts): Promise<CallPlan> {
  const { deployments, clock } = parts;
  const running =
    dependsOnDeployments(tool) && deployments !== undefined ? await deployments.running(clock.now()) : new Map();
  const state: DeploymentState = { ...NOTHING_RUNS, running };
  if (tool === "create_live_algorithm") return planDeployment(classify(tool, args, state), args, parts);
  const view = tool === "stop_live_algorithm" ? await viewOf(args["projectId"], parts.accounts) : undefined;
  const flat = new Set(view !== undefined && isFlat(view) ? [view.projectId] : []);
  const callClass = classify(tool, args, { ...state, flat });
  const { account, mode } = touched(args["projectId"], state, callClass);
  return {
    class: callClass,
    mode,
    account,
    symbols: [],
    inner: [],
    artefact: null,
    lines: view === undefined ? [] : holdingsLines(view),
  };
}

/** A deployment runs one compile for as long as nobody stops it: the approver sees what is in it and where it goes. */
async function planDeployment(callClass: CallClass, args: Args, parts: PlannerParts): Promise<CallPlan> {
  const parsed = deploySchema.safeParse(args);
  // What does not fit is refused by the upstream; here it only must not pass for paper.
  if (!parsed.success) return { ...plainPlan("live"), mode: "LIVE" };
  const { projectId, compileId, brokerage } = parsed.data;
  const artefact = await parts.compiles.artefact(projectId, compileId);
  const mode = brokerageMode(brokerage);
  return {
    ...plainPlan(callClass),
    mode,
    account: `${brokerage.id}/${accountName(brokerage) ?? `project ${projectId}`}`,
    artefact,
    lines: [
      { what: `deployment of project ${projectId}`, before: "does not trade", after: `trades by itself: ${mode}` },
      { what: "files, by hash", before: null, after: artefact },
    ],
  };
}

function accountName(brokerage: Args): string | undefined {
  const named = brokerage["account"] ?? brokerage["ib-account"] ?? brokerage["accountId"];
  return typeof named === "string" && named !== "" ? named : undefined;
}

async function viewOf(projectId: unknown, accounts: Accounts): Promise<AccountView | undefined> {
  if (typeof projectId !== "number") return undefined;
  const view = await accounts.view(projectId);
  return view.ok ? view.value : undefined;
}

/** The deployment that a call reaches. What counts as trading without a known one counts as the gravest. */
function touched(
  projectId: unknown,
  { running }: DeploymentState,
  callClass: CallClass,
): { readonly account: string | null; readonly mode: TradingMode } {
  const deployment = running === "unknown" || typeof projectId !== "number" ? undefined : running.get(projectId);
  if (deployment !== undefined) return { account: deployment.deployId, mode: deployment.mode };
  const gravest: DeploymentMode = "LIVE";
  return { account: null, mode: callClass === "live" ? gravest : "none" };
}

function holdingsLines({ positions, working }: AccountView): Lines {
  return [
    ...positions.map(({ symbol, quantity }) => ({
      what: `position ${symbol}`,
      before: quantity.toString(),
      after: "stays, with nobody watching it",
    })),
    ...working.map(({ orderId, symbol, remaining }) => ({
      what: `working order ${orderId}`,
      before: `${remaining.toString()} ${symbol}`,
      after: "stays, with nobody watching it",
    })),
  ];
}
