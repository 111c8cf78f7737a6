import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { endService } from "../clients/cloud-service/end-service.ts";
import { KeptCloud } from "../clients/cloud-service/kept-cloud.ts";
import { askCloudState } from "../clients/cloud-service/lifeline-client.ts";
import { isRunning, readServiceRecord, type ServiceRecord } from "../clients/cloud-service/service-record.ts";
import type { Config } from "../config.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Vault } from "../store/vault/vault.ts";
import { LOCAL_TOKEN, LOCAL_USER } from "./local-cloud-account.ts";

/** Keeps the local cloud of a desk, with a token that only the vault and the two processes know. */
export async function keepDeskCloud(
  config: Config,
  parts: {
    readonly folder: string;
    readonly vault: Vault;
    /** Hears the token before anybody could log it. */
    readonly hide: (token: string) => void;
    readonly log: (message: string) => void;
  },
): Promise<{ readonly cloud: KeptCloud; readonly userId: string; readonly token: string }> {
  const token = await cloudToken(parts.vault);
  parts.hide(token);
  const cloud = await KeptCloud.open({
    folder: parts.folder,
    identity: cloudIdentity(config),
    account: { userId: LOCAL_USER, token },
    command: config.nodePath,
    args: (port) => [
      join(config.packageRoot, "dist", "main.js"),
      "cloud",
      "--until-idle",
      "--json",
      "--port",
      String(port),
      "--folder",
      parts.folder,
      "--user-id",
      LOCAL_USER,
      "--data-dir",
      config.dataDir,
    ],
    env: {
      TZ: "UTC",
      QUANTWRIGHT_CLOUD_TOKEN: token,
      QUANTWRIGHT_CACHE_DIR: config.cacheDir,
      QUANTWRIGHT_RUNTIME_DIR: config.runtimeDir,
    },
    log: parts.log,
  });
  return { cloud, userId: LOCAL_USER, token };
}

/** What a desk's cloud runs as. One that runs as something else is not taken over, so that new settings hold. */
export function cloudIdentity(config: Config): Pick<ServiceRecord, "version" | "settings"> {
  const { version, settings, dataFolders, cacheDir, packageRoot } = config;
  const text = canonicalJson({ settings, dataFolders: [...dataFolders], cacheDir, packageRoot });
  return { version, settings: createHash("sha256").update(text).digest("hex").slice(0, 16) };
}

/** The local cloud that runs on a folder though no desk may; `live` is null where it does not say. */
export async function runningCloud(
  folder: string,
  vault: () => Vault,
): Promise<{ readonly pid: number; readonly live: number | null } | undefined> {
  const record = readServiceRecord(folder);
  if (record === undefined || !isRunning(record)) return undefined;
  try {
    const token = (await vault().get(LOCAL_TOKEN)) ?? "";
    return await askCloudState({ url: record.url, userId: LOCAL_USER, token });
  } catch {
    return { pid: record.pid, live: null };
  }
}

/** Ends the local cloud that runs on a folder, with all that it does; undefined where none runs. */
export async function endRunningCloud(
  folder: string,
): Promise<{ readonly pid: number; readonly stopped: boolean } | undefined> {
  const record = readServiceRecord(folder);
  if (record === undefined || !isRunning(record)) return undefined;
  return { pid: record.pid, stopped: await endService(record) };
}

/** Made once, so that a later desk can talk to a cloud that an earlier one started. */
async function cloudToken(vault: Vault): Promise<string> {
  const known = await vault.get(LOCAL_TOKEN);
  if (known !== undefined) return known;
  const token = randomBytes(32).toString("hex");
  await vault.set(LOCAL_TOKEN, token);
  return token;
}
