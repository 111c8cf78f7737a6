import { availableParallelism } from "node:os";
import type { CheckResult } from "../cli/cli-services.ts";
import { QUANTCONNECT_API } from "../clients/accounts/cloud-api.ts";
import { lookAtOrganisation } from "../clients/accounts/organisation-view.ts";
import { DEFAULT_SETTINGS } from "../cloud/default-settings.ts";
import type { Config } from "../config.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { quantconnectCredentials } from "./credentials.ts";
import { openHome } from "./desk-home.ts";
import { organisationChecks } from "./organisation-checks.ts";
import { systemClock } from "./system.ts";

const DEADLINE_MILLISECONDS = 5000;

/** What QuantConnect says of the account that is known here; nothing without credentials. */
export async function accountChecks(config: Config): Promise<readonly CheckResult[]> {
  const vault = openVault({ dataDir: config.dataDir, id: openHome(config).id, prefer: config.vault });
  const known = await quantconnectCredentials(config, vault);
  if (known === undefined) return [];
  const url = (config.quantconnectUrl ?? QUANTCONNECT_API).replace(/\/+$/, "");
  const look = await lookAtOrganisation({
    url: () => url,
    userId: known.userId,
    token: known.token,
    seconds: () => Math.floor(systemClock.now() / 1e6),
    deadlineMilliseconds: DEADLINE_MILLISECONDS,
  });
  return organisationChecks(look);
}

/** The limits of the local cloud, in the place of an organisation's. */
export function localLimitsCheck(config: Config): CheckResult {
  const { mostQueuedBacktests, backtestsPerMinute, liveNodes, mostOptimizationPoints } = DEFAULT_SETTINGS;
  const atOnce = config.settings.nodes ?? Math.max(1, availableParallelism());
  return {
    name: "local cloud",
    state: "ok",
    detail:
      `${atOnce} backtest${atOnce === 1 ? "" : "s"} at once, ${mostQueuedBacktests} may wait, ${backtestsPerMinute} a minute; ` +
      `${liveNodes} live nodes, paper and simulated only; ${mostOptimizationPoints} points an optimisation`,
  };
}
