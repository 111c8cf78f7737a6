import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { Guardian } from "../clients/guardian/guardian.ts";
import { SupervisedService } from "../clients/process/supervised-service.ts";
import type { SecretMask } from "../clients/secret-mask.ts";
import { UpstreamManager } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { parseJson } from "../domain/parse-json.ts";
import type { Vault } from "../store/vault/vault.ts";
import { quantconnectCredentials } from "./credentials.ts";
import type { DeskHome } from "./desk-home.ts";
import { vendoredServer, type UpstreamAccount } from "./upstream-server.ts";

const readySchema = z.object({ url: z.string(), port: z.int() });
type Ready = z.infer<typeof readySchema>;
const LOCAL_USER = "1";

export interface StartedUpstream {
  readonly upstreams: UpstreamManager;
  readonly close: () => Promise<void>;
}

/** Starts what stands behind the gateway: on profile `local` the local cloud, then the vendored server that calls it. */
export async function startUpstream(
  config: Config,
  parts: {
    readonly home: DeskHome;
    readonly vault: Vault;
    readonly mask: SecretMask;
    readonly guardian: Guardian;
    readonly log: (message: string) => void;
  },
): Promise<StartedUpstream> {
  const { mask, guardian, log } = parts;
  const stack = new AsyncDisposableStack();
  try {
    const account =
      config.profile === "local"
        ? await startLocalCloud(config, { ...parts, stack })
        : await cloudAccount(config, parts.vault);
    mask.add(account.token);
    const upstreams = new UpstreamManager([vendoredServer(config, account)], {
      registry: guardian,
      log: (line) => log(line),
      random: Math.random,
      version: config.version,
    });
    stack.use(upstreams);
    upstreams.start();
    const owned = stack.move();
    return { upstreams, close: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function startLocalCloud(
  config: Config,
  parts: {
    readonly home: DeskHome;
    readonly mask: SecretMask;
    readonly guardian: Guardian;
    readonly log: (message: string) => void;
    readonly stack: AsyncDisposableStack;
  },
): Promise<UpstreamAccount> {
  // Made anew at each start and kept in memory only: nobody else calls this cloud.
  const token = randomBytes(32).toString("hex");
  parts.mask.add(token);
  const service = new SupervisedService<Ready>({
    name: "local cloud",
    command: config.nodePath,
    args: (ready) => [
      join(config.packageRoot, "dist", "main.js"),
      "cloud",
      "--port",
      String(ready?.port ?? 0),
      "--folder",
      parts.home.cloudDir,
      "--user-id",
      LOCAL_USER,
      "--data-dir",
      config.dataDir,
      "--json",
    ],
    env: {
      TZ: "UTC",
      QUANTWRIGHT_CLOUD_TOKEN: token,
      QUANTWRIGHT_CACHE_DIR: config.cacheDir,
      QUANTWRIGHT_RUNTIME_DIR: config.runtimeDir,
    },
    registry: parts.guardian,
    log: parts.log,
    readyFrom: readyOf,
  });
  parts.stack.use(service);
  const { url } = await service.start();
  return { userId: LOCAL_USER, token, baseUrl: url };
}

function readyOf(line: string): Ready | undefined {
  try {
    return readySchema.parse(parseJson(line));
  } catch {
    return undefined;
  }
}

/** Without credentials the server starts all the same: its calls say where to get them. */
async function cloudAccount(config: Config, vault: Vault): Promise<UpstreamAccount> {
  const known = await quantconnectCredentials(config, vault);
  return { userId: known?.userId ?? "", token: known?.token ?? "", baseUrl: config.quantconnectUrl };
}
