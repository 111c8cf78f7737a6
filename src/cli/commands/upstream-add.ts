import type { Command } from "commander";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import { upstreamEntrySchema, type UpstreamEntry } from "../../domain/upstream-entry.ts";
import { upstreamNameSchema } from "../../domain/upstream-name.ts";
import { addedText, seenUpstream } from "../added-upstream.ts";
import { agree } from "../agree.ts";
import type { CliServices, CliSession, DeskLink, Terminal } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { entryText } from "../upstream-view.ts";

type Join = (group: Command, services: CliServices, done: (code: number) => void) => void;

const addOptions = z.object({
  url: z.string().optional(),
  sse: z.boolean().default(false),
  oauth: z.boolean().default(false),
  headerRef: z.array(z.string()).default([]),
  env: z.array(z.string()).default([]),
  kind: z.string().optional(),
  folder: z.string().optional(),
  instances: z.coerce.number().optional(),
  yes: z.boolean().default(false),
});

/** `upstream add`: one more MCP server, shown whole before it is added. */
export const addAddCommand: Join = (upstream, services, done) => {
  const command = upstream
    .command("add")
    .description("put one more MCP server behind the gateway; its tools count as live until a signed policy says more")
    .argument("<name>", "its tools are called NAME_TOOL")
    .argument("[command...]", "the server to start, after --")
    .option("--url <url>", "a server elsewhere, instead of a command")
    .option("--kind <kind>", "one of QuantConnect's own: docker, checkout, hosted or local-platform")
    .option("--folder <folder>", "of the checkout")
    .option("--sse", "it speaks the old transport of two addresses")
    .option("--oauth", "it wants a login in the browser: `quantwright login upstream NAME`")
    .option("--header-ref <name...>", "headers that it wants; their values are asked for by `login upstream NAME`")
    .option("--env <name...>", "variables that the command gets; their values are kept in the keychain")
    .option("--instances <n>", "start it so often and share the calls out, for servers that keep nothing in mind")
    .option("--yes", "add it without a question, for scripts");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output, services: { terminal } }, name, words, options) => {
      const given = parseOptions(addOptions, options);
      const known = parseName(name);
      const { kind, folder, url } = given;
      const single =
        kind === undefined
          ? entryOf(given, z.array(z.string()).parse(words))
          : session.upstreams.ofKind({ kind, folder, url });
      const entry = parsedEntry(given.instances === undefined ? single : { ...single, instances: given.instances });
      if (Object.hasOwn(session.upstreams.all(), known)) throw exists(known);
      if (!given.yes) await confirm(terminal, known, entry);
      await using desk = await session.desk();
      const missing = await put({ session, desk }, known, entry);
      const needsLogin =
        missing.length > 0 || (entry.transport !== "stdio" && (entry.oauth || entry.headers.length > 0));
      // It cannot be ready before it was logged in to.
      const seen = needsLogin ? undefined : await seenUpstream(desk, known);
      const { state = null, lastError = null } = seen ?? {};
      output.result(
        { added: known, entry, missing, needsLogin, state, lastError },
        needsLogin ? `${known} is added. It still needs: quantwright login upstream ${known}` : addedText(known, seen),
      );
    }),
  );
};

function parseName(name: unknown): string {
  const parsed = upstreamNameSchema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new RefusalError({
    code: "USAGE",
    message: `${parsed.error.issues[0]?.message ?? "a name"} was expected`,
    remedy: "for example: quantwright upstream add notes -- npx some-server",
  });
}

function entryOf(given: z.infer<typeof addOptions>, words: readonly string[]): UpstreamEntry {
  const [command, ...args] = words;
  const { url, sse, oauth, headerRef, env } = given;
  const raw =
    url === undefined
      ? { transport: "stdio", command, args, env }
      : { transport: sse ? "sse" : "http", url, oauth, headers: headerRef };
  if ((command === undefined) !== (url === undefined)) return parsedEntry(raw);
  throw usage("one server was expected: a command after -- or --url");
}

function parsedEntry(raw: unknown): UpstreamEntry {
  const parsed = upstreamEntrySchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usage(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "a server was expected"}`);
}

function usage(message: string): RefusalError {
  const remedy = "quantwright upstream add NAME -- COMMAND ARGUMENTS, or --url URL";
  return new RefusalError({ code: "USAGE", message, remedy });
}

/** What will run with the user's rights is shown whole; nothing in it can hide. */
async function confirm(terminal: Terminal, name: string, entry: UpstreamEntry): Promise<void> {
  terminal.err(`${entryText(name, entry)}\n`);
  await agree(terminal, `Add it? Type its name (${name}): `, name);
}

/** Adds it where the desk takes it; a name that it does not take leaves nothing behind. */
async function put(
  { session, desk }: { readonly session: CliSession; readonly desk: DeskLink },
  name: string,
  entry: UpstreamEntry,
): Promise<readonly string[]> {
  session.upstreams.put(name, entry);
  try {
    const missing = await session.upstreams.keepVariables(name, entry);
    await desk.request("upstream.reload");
    return missing;
  } catch (error) {
    await session.upstreams.remove(name);
    throw error;
  }
}

function exists(name: string): RefusalError {
  return new RefusalError({
    code: "UPSTREAM_EXISTS",
    message: `there is an upstream "${name}" already`,
    remedy: `quantwright upstream remove ${name}, or choose another name`,
  });
}
