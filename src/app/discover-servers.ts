import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { isSecretName } from "../gateway/redact.ts";
import { knownClients } from "./install-client.ts";

/** A server in the config of some client. Values of variables and headers are not read out. */
export interface FoundServer {
  readonly client: string;
  readonly file: string;
  readonly name: string;
  /** The command line or the address, without what looks like a secret. */
  readonly how: string;
  /** Names of the variables or headers that it gets. */
  readonly secrets: readonly string[];
}

const HIDDEN = "•••";
const serverSchema = z.looseObject({
  command: z.string().optional(),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.unknown()).default({}),
  headers: z.record(z.string(), z.unknown()).default({}),
  url: z.string().optional(),
});
const configSchema = z.record(z.string(), z.unknown());

/** The servers that the configs of known clients have. They are only shown: nothing is added or started. */
export function discoverServers(request: { readonly cwd: string; readonly home?: string }): readonly FoundServer[] {
  const home = request.home ?? homedir();
  const clients = {
    ...knownClients(home, request.cwd),
    "claude-code (all projects)": { file: join(home, ".claude.json"), servers: "mcpServers" },
  };
  return Object.entries(clients).flatMap(([client, { file, servers }]) =>
    Object.entries(serversIn(file, servers)).flatMap(([name, given]) => {
      const server = serverSchema.safeParse(given);
      if (!server.success || isOurs(server.data)) return [];
      const { env, headers } = server.data;
      return [{ client, file, name, how: howOf(server.data), secrets: [...Object.keys(env), ...Object.keys(headers)] }];
    }),
  );
}

function serversIn(file: string, member: string): Readonly<Record<string, unknown>> {
  try {
    const config = configSchema.parse(parseJson(readFileSync(file, "utf8")));
    return configSchema.parse(config[member] ?? {});
  } catch {
    // A client that is not there, or whose file we cannot read, has no servers for us.
    return {};
  }
}

function isOurs({ args }: z.infer<typeof serverSchema>): boolean {
  return args.some((word) => word.endsWith("quantwright.cjs"));
}

function howOf({ command, args, url }: z.infer<typeof serverSchema>): string {
  if (url !== undefined) return URL.canParse(url) ? withoutSecrets(new URL(url)) : "an address that cannot be read";
  const words = args.map((word, index) => {
    const [, flag] = /^(--?[\w-]+)=/.exec(word) ?? [];
    if (flag !== undefined && isSecretName(flag)) return `${flag}=${HIDDEN}`;
    const before = args[index - 1] ?? "";
    return (before.startsWith("-") && isSecretName(before)) || /[\w-]{32,}/.test(word) ? HIDDEN : word;
  });
  return [command ?? "", ...words].join(" ");
}

function withoutSecrets(url: URL): string {
  const path = url.pathname.replaceAll(/[\w-]{24,}/g, HIDDEN);
  return `${url.origin}${path}${url.search === "" ? "" : `?${HIDDEN}`}`;
}
