import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChildServer } from "../clients/upstream/spawn-server.ts";
import type { Config } from "../config.ts";

/** Where an upstream's calls go and who it is there. */
export interface UpstreamAccount {
  readonly userId: string;
  readonly token: string;
  readonly baseUrl: string | undefined;
}

/** The vendored QuantConnect server as a child: a whole environment of its own, with nothing of ours but what it needs. */
export function vendoredServer(config: Config, account: UpstreamAccount): ChildServer {
  return {
    name: "quantconnect",
    command: config.nodePath,
    args: [vendoredMain(config)],
    env: {
      NODE_ENV: "production",
      TZ: "UTC",
      QUANTCONNECT_USER_ID: account.userId,
      QUANTCONNECT_API_TOKEN: account.token,
      ...(account.baseUrl === undefined ? {} : { QUANTCONNECT_BASE_URL: account.baseUrl }),
    },
  };
}

function vendoredMain(config: Config): string {
  return join(config.packageRoot, "vendor", "quantconnect-mcp", "dist", "main.js");
}

/** Hash of the vendored server's program: pins of its tools hold for one build. */
export function vendoredBuild(config: Config): string {
  const folder = join(vendoredMain(config), "..");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
