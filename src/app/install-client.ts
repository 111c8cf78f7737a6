import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Config } from "../config.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";

const configSchema = z.record(z.string(), z.unknown());

interface ClientConfig {
  readonly file: string;
  /** The member that holds the servers. */
  readonly servers: "mcpServers" | "servers";
}

/** Where each client keeps its servers. */
export function knownClients(home: string, cwd: string): Readonly<Record<string, ClientConfig>> {
  const application =
    process.platform === "darwin"
      ? join(home, "Library", "Application Support")
      : process.platform === "win32"
        ? join(home, "AppData", "Roaming")
        : join(home, ".config");
  return {
    "claude-desktop": { file: join(application, "Claude", "claude_desktop_config.json"), servers: "mcpServers" },
    "claude-code": { file: join(cwd, ".mcp.json"), servers: "mcpServers" },
    cursor: { file: join(home, ".cursor", "mcp.json"), servers: "mcpServers" },
    vscode: { file: join(cwd, ".vscode", "mcp.json"), servers: "servers" },
  };
}

/**
 * Adds `quantwright serve` to a client's config: what is there stays, the old file is kept, the new one replaces it
 * whole. The entry names no secret.
 * @throws RefusalError `CLIENT_UNKNOWN`, or `CLIENT_CONFIG_CORRUPT` for a config that is not JSON: it is left alone.
 */
export function installClient(
  config: Config,
  request: {
    readonly client: string;
    readonly print: boolean;
    readonly cwd: string;
    readonly home?: string;
    readonly dataDirGiven: boolean;
  },
): { readonly file: string; readonly changed: boolean; readonly backup: string | null; readonly config: unknown } {
  const known = knownClients(request.home ?? homedir(), request.cwd);
  const client = Object.hasOwn(known, request.client) ? known[request.client] : undefined;
  if (client === undefined) {
    throw new RefusalError({
      code: "CLIENT_UNKNOWN",
      message: `there is no client "${request.client}"`,
      remedy: `known are ${Object.keys(known).join(", ")}; for others add the output of --print by hand`,
    });
  }
  const before = readClientConfig(client.file);
  const servers = serversIn(before[client.servers], client);
  // An absolute node: desktop clients start without the user's PATH.
  const entry = {
    command: config.nodePath,
    args: [
      join(config.packageRoot, "bin", "quantwright.cjs"),
      "serve",
      ...(request.dataDirGiven ? ["--data-dir", config.dataDir] : []),
    ],
    ...(client.servers === "servers" ? { type: "stdio" } : {}),
  };
  const after = { ...before, [client.servers]: { ...servers, quantwright: entry } };
  const changed = canonicalJson(before) !== canonicalJson(after);
  if (request.print || !changed)
    return {
      file: client.file,
      changed: false,
      backup: null,
      config: request.print ? { [client.servers]: { quantwright: entry } } : after,
    };
  return { file: client.file, changed, backup: replaceConfig(client.file, after), config: after };
}

/** What is there stays, so what is not understood is not touched. */
function serversIn(value: unknown, client: ClientConfig): Record<string, unknown> {
  const servers = configSchema.safeParse(value ?? {});
  if (servers.success) return servers.data;
  throw new RefusalError({
    code: "CLIENT_CONFIG_CORRUPT",
    message: `"${client.servers}" in ${client.file} is no JSON object, so the file was left as it is`,
    remedy: "correct it, or add the output of --print by hand",
  });
}

function readClientConfig(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    return configSchema.parse(parseJson(readFileSync(file, "utf8")));
  } catch (error) {
    throw new RefusalError(
      {
        code: "CLIENT_CONFIG_CORRUPT",
        message: `${file} is not a JSON object, so it was left as it is`,
        remedy: "correct it, or add the output of --print by hand",
      },
      { cause: error },
    );
  }
}

function replaceConfig(file: string, content: unknown): string | null {
  mkdirSync(dirname(file), { recursive: true });
  const backup = existsSync(file) ? `${file}.before-quantwright` : null;
  if (backup !== null) copyFileSync(file, backup);
  writeFileSync(`${file}.next`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.next`, file);
  return backup;
}
