import type { KeptCloud } from "../clients/cloud-service/kept-cloud.ts";
import type { Guardian } from "../clients/guardian/guardian.ts";
import type { SecretMask } from "../clients/secret-mask.ts";
import { UpstreamManager } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import type { Vault } from "../store/vault/vault.ts";
import { quantconnectCredentials } from "./credentials.ts";
import { keepDeskCloud } from "./desk-cloud.ts";
import type { DeskHome } from "./desk-home.ts";
import { ownServer, type OwnServer, type UpstreamAccount } from "./upstream-server.ts";

/** Where the local cloud answers; it may move when it starts anew. */
export interface LocalCloudAddress {
  readonly url: () => string;
  readonly userId: string;
  readonly token: string;
}

export interface StartedUpstream {
  readonly upstreams: UpstreamManager;
  readonly own: OwnServer;
  readonly address: LocalCloudAddress | undefined;
  /** On profile `local`. */
  readonly cloud: KeptCloud | undefined;
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
    const { cloud, account } =
      config.profile === "local"
        ? await localAccount(config, { ...parts, stack })
        : { cloud: undefined, account: await cloudAccount(config, parts.vault) };
    const address = cloud && { url: () => cloud.url, userId: account.userId, token: account.token };
    mask.add(account.token);
    const own = await ownServer(config, { ...parts, account, demo: parts.home.demo });
    const upstreams = new UpstreamManager([own.server], {
      registry: guardian,
      log: (line) => log(line),
      random: Math.random,
      version: config.version,
      every,
    });
    stack.use(upstreams);
    upstreams.start();
    const owned = stack.move();
    return { upstreams, own, cloud, address, close: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Again and again, without keeping the process alive. */
function every(milliseconds: number, work: () => Promise<void>): Disposable {
  const timer = setInterval(() => void work(), milliseconds).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The guardian does not know the local cloud: it outlives the desk for as long as live deployments run. */
async function localAccount(
  config: Config,
  parts: {
    readonly home: DeskHome;
    readonly vault: Vault;
    readonly mask: SecretMask;
    readonly log: (message: string) => void;
    readonly stack: AsyncDisposableStack;
  },
): Promise<{ readonly cloud: KeptCloud; readonly account: UpstreamAccount }> {
  const { home, vault, mask, log, stack } = parts;
  const hide = (token: string): void => mask.add(token);
  const { cloud, userId, token } = await keepDeskCloud(config, { folder: home.cloudDir, vault, hide, log });
  stack.use(cloud);
  return { cloud, account: { userId, token, baseUrl: cloud.url } };
}

/** Without credentials the server starts all the same: its calls say where to get them. */
async function cloudAccount(config: Config, vault: Vault): Promise<UpstreamAccount> {
  const known = await quantconnectCredentials(config, vault);
  return { userId: known?.userId ?? "", token: known?.token ?? "", baseUrl: config.quantconnectUrl };
}
