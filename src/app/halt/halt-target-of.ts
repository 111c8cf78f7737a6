import { QUANTCONNECT_API } from "../../clients/accounts/cloud-api.ts";
import { localHalt } from "../../clients/halt/local-halt.ts";
import { quantconnectHalt } from "../../clients/halt/quantconnect-halt.ts";
import type { HaltTarget } from "../../clients/halt/halt-target.ts";
import { isRunning, readServiceRecord } from "../../clients/cloud-service/service-record.ts";
import type { Config } from "../../config.ts";
import type { Vault } from "../../store/vault/vault.ts";
import { quantconnectCredentials } from "../credentials.ts";
import { LOCAL_TOKEN, LOCAL_USER } from "../local-cloud-account.ts";
import { systemClock } from "../system.ts";

const DEADLINE_MILLISECONDS = 5000;

/**
 * Where the accounts of a data directory trade, reached without a desk; undefined where nothing can run: no local
 * cloud is there, or no account is known.
 */
export async function haltTargetOf(
  config: Config,
  parts: { readonly cloudDir: string; readonly vault: Vault },
): Promise<HaltTarget | undefined> {
  const shared = {
    seconds: () => Math.floor(systemClock.now() / 1e6),
    deadlineMilliseconds: DEADLINE_MILLISECONDS,
  };
  if (config.profile === "local") {
    const record = readServiceRecord(parts.cloudDir);
    if (record === undefined || !isRunning(record)) return undefined;
    const token = (await parts.vault.get(LOCAL_TOKEN)) ?? "";
    return localHalt({ ...shared, url: () => record.url, userId: LOCAL_USER, token });
  }
  const known = await quantconnectCredentials(config, parts.vault);
  if (known === undefined) return undefined;
  const url = config.quantconnectUrl ?? QUANTCONNECT_API;
  return quantconnectHalt({ ...shared, url: () => url, userId: known.userId, token: known.token });
}
