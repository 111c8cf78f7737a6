import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SecretMask } from "../clients/secret-mask.ts";
import type { ChildServer } from "../clients/upstream/spawn-server.ts";
import type { UpstreamServer } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { ChosenServer } from "../domain/upstream-entry.ts";
import { OWN_UPSTREAM } from "../gateway/tool.ts";
import type { Vault } from "../store/vault/vault.ts";
import { serviceLimits } from "./service-limits.ts";
import { readUpstreamSettings } from "./upstream-file.ts";
import { userServer } from "./user-server.ts";

/** Where an upstream's calls go and who it is there. */
export interface UpstreamAccount {
  readonly userId: string;
  readonly token: string;
  readonly baseUrl: string | undefined;
}

/** The server that stands behind the desk's own QuantConnect tools. */
export interface OwnServer {
  readonly kind: "vendored" | ChosenServer["kind"];
  readonly server: UpstreamServer;
  /** Pins of its tools hold for as long as this is the same. */
  readonly build: string;
}

/**
 * The vendored server, or on profile `quantconnect` the one that the user chose in its place, with the account that the
 * desk knows. What it lists is offered as the vendored server's tools are.
 * @throws RefusalError `UPSTREAMS_UNREADABLE` on profile `quantconnect`: nobody knows then which server was chosen.
 */
export async function ownServer(
  config: Config,
  parts: {
    readonly account: UpstreamAccount;
    readonly vault: Vault;
    readonly mask: SecretMask;
    readonly demo: boolean;
  },
): Promise<OwnServer> {
  const { account, demo } = parts;
  const chosen = config.profile === "local" || demo ? undefined : readUpstreamSettings(config).quantconnect;
  if (chosen === undefined)
    return { kind: "vendored", server: vendoredServer(config, account), build: vendoredBuild(config) };
  const known = { QUANTCONNECT_USER_ID: account.userId, QUANTCONNECT_API_TOKEN: account.token };
  const server = await userServer(config, parts, { name: OWN_UPSTREAM, entry: chosen.entry, known });
  const build = `${chosen.kind}-${createHash("sha256").update(canonicalJson(chosen.entry)).digest("hex").slice(0, 16)}`;
  return { kind: chosen.kind, server: { ...server, flattens: true }, build };
}

/** The vendored QuantConnect server as a child: a whole environment of its own, with nothing of ours but what it needs. */
function vendoredServer(config: Config, account: UpstreamAccount): ChildServer {
  return {
    name: "quantconnect",
    command: config.nodePath,
    args: [vendoredMain(config)],
    env: {
      NODE_ENV: "production",
      TZ: "UTC",
      QUANTCONNECT_USER_ID: account.userId,
      QUANTCONNECT_API_TOKEN: account.token,
      // The local cloud is ours, and takes all that comes.
      QUANTCONNECT_CALLS_PER_SECOND: config.profile === "local" ? "0" : String(serviceLimits(config).callsPerSecond),
      ...(account.baseUrl === undefined ? {} : { QUANTCONNECT_BASE_URL: account.baseUrl }),
    },
  };
}

function vendoredMain(config: Config): string {
  return join(config.packageRoot, "vendor", "quantconnect-mcp", "dist", "main.js");
}

/** Hash of the vendored server's program: pins of its tools hold for one build. */
function vendoredBuild(config: Config): string {
  const folder = join(vendoredMain(config), "..");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
