import type { Command } from "commander";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import { upstreamEntrySchema, type UpstreamEntry } from "../../domain/upstream-entry.ts";
import { upstreamNameSchema } from "../../domain/upstream-name.ts";
import type { CliServices, CliSession, Terminal } from "../cli-services.ts";
import { agree } from "../agree.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { visibleText } from "../../domain/visible-text.ts";
import { EXIT } from "../exit-code.ts";
import { table } from "../output.ts";
import { addRouteCommands } from "./upstream-route.ts";
import {
  differenceText,
  entryText,
  routesTable,
  seenRoutesSchema,
  seenToolsSchema,
  seenToolsTable,
  upstreamsSchema,
  upstreamsTable,
} from "../upstream-view.ts";

type Join = (program: Command, services: CliServices, done: (code: number) => void) => void;

/** `upstream list|add|remove|pin|restart|discover|route|unroute`: the MCP servers behind the gateway. */
export const addUpstreamCommands: Join = (program, services, done) => {
  const upstream = program.command("upstream").description("the MCP servers behind the gateway");
  addList(upstream, services, done);
  addAdd(upstream, services, done);
  addRemove(upstream, services, done);
  addPin(upstream, services, done);
  addRestart(upstream, services, done);
  addDiscover(upstream, services, done);
  addRouteCommands(upstream, services, done);
};

const addList: Join = (upstream, services, done) => {
  const command = upstream
    .command("list")
    .description("state of each upstream")
    .option("--tools [name]", "the tools that they list, with why some are in quarantine");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output }, options) => {
      const { tools } = parseOptions(z.object({ tools: z.union([z.string(), z.boolean()]).optional() }), options);
      await using desk = await session.desk();
      const list = upstreamsSchema.parse(await desk.request("upstream.list"));
      if (tools === undefined) {
        const routes = seenRoutesSchema.parse(await desk.request("upstream.routes"));
        return output.result(list, [upstreamsTable(list), routesTable(routes)].join(""));
      }
      const names = typeof tools === "string" ? [tools] : list.map(({ name }) => name);
      const lists = await Promise.all(names.map((name) => desk.request("upstream.tools", { name })));
      const seen = lists.flatMap((one) => seenToolsSchema.parse(one));
      output.result(
        seen.map(({ upstream: of, tool, name, quarantined }) => ({ upstream: of, tool, name, quarantined })),
        seenToolsTable(seen),
      );
    }),
  );
};

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

const addAdd: Join = (upstream, services, done) => {
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
      const missing = await put(session, known, entry);
      const wants = missing.length > 0 || (entry.transport !== "stdio" && (entry.oauth || entry.headers.length > 0));
      output.result(
        { added: known, entry, missing, needsLogin: wants },
        `${known} is added.${wants ? ` It still needs: quantwright login upstream ${known}` : ""}`,
      );
    }),
  );
};

const addRemove: Join = (upstream, services, done) => {
  const command = upstream.command("remove").description("take away a server that was added, and its secrets");
  withGlobalFlags(command.argument("<name>")).action(
    action(services, done, async ({ session, output }, name) => {
      const removed = await session.upstreams.remove(String(name));
      if (!removed) throw unknown(String(name), Object.keys(session.upstreams.all()));
      await reload(session);
      output.result({ removed: true }, `${String(name)} is gone, and what was stored for it.`);
    }),
  );
};

const addPin: Join = (upstream, services, done) => {
  const command = upstream
    .command("pin")
    .description("see how a tool changed since it was first used, and accept it")
    .argument("<name>")
    .argument("<tool>", "as its server calls it")
    .option("--yes", "accept it without a question, for scripts");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output, services: { terminal } }, name, tool, options) => {
      const { yes } = parseOptions(z.object({ yes: z.boolean().default(false) }), options);
      await using desk = await session.desk();
      const all = seenToolsSchema.parse(await desk.request("upstream.tools", { name }));
      const seen = all.find((one) => one.tool === tool);
      if (seen === undefined) throw toolUnknown(String(name), String(tool));
      if (seen.presentHash === null || seen.pinned === seen.present) {
        const why = seen.quarantined ?? "it is as it was when it was first used";
        output.result({ pinned: false, reason: why }, `There is nothing to pin: ${why}.`);
        return seen.quarantined === null ? EXIT.DONE : EXIT.REFUSED;
      }
      const difference = differenceText(seen.pinned ?? "", seen.present ?? "");
      if (!output.json) terminal.err(`${difference}\n`);
      if (!yes) await agree(terminal, "Accept this tool as it is now? Type yes: ", "yes");
      await desk.request("upstream.pin", { name, tool, hash: seen.presentHash });
      output.result({ pinned: true, difference }, `${seen.tool} is pinned as it is now.`);
      return EXIT.DONE;
    }),
  );
};

const addRestart: Join = (upstream, services, done) => {
  withGlobalFlags(
    upstream.command("restart").description("end an upstream and start it again").argument("<name>"),
  ).action(
    action(services, done, async ({ session, output }, name) => {
      await using desk = await session.desk();
      const answer = z
        .object({ known: z.boolean(), upstreams: upstreamsSchema })
        .parse(await desk.request("upstream.restart", { name }));
      if (!answer.known)
        throw unknown(
          String(name),
          answer.upstreams.map((one) => one.name),
        );
      output.result(answer.upstreams, upstreamsTable(answer.upstreams));
    }),
  );
};

const addDiscover: Join = (upstream, services, done) => {
  withGlobalFlags(
    upstream.command("discover").description("servers in the configs of other clients here; none is added"),
  ).action(
    action(services, done, async ({ session, output }) => {
      const found = session.upstreams.discover();
      const rows = found.map((one) => [
        one.client,
        visibleText(one.name, 60),
        visibleText(one.how, 200),
        visibleText(one.secrets.join(", "), 200) || "–",
      ]);
      output.result(
        found,
        found.length === 0
          ? "No other client on this machine has a server."
          : `${table(["client", "server", "how", "gets"], rows)}\nAdd one by hand with \`quantwright upstream add\`.`,
      );
      return Promise.resolve();
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
async function put(session: CliSession, name: string, entry: UpstreamEntry): Promise<readonly string[]> {
  await using desk = await session.desk();
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

/** A desk that runs takes it over at once; another one does when it starts. */
async function reload(session: CliSession): Promise<void> {
  await using desk = await session.runningDesk();
  await desk?.request("upstream.reload");
}

function exists(name: string): RefusalError {
  return new RefusalError({
    code: "UPSTREAM_EXISTS",
    message: `there is an upstream "${name}" already`,
    remedy: `quantwright upstream remove ${name}, or choose another name`,
  });
}

function unknown(name: string, known: readonly string[]): RefusalError {
  return new RefusalError({
    code: "UPSTREAM_UNKNOWN",
    message: `there is no upstream "${name}"`,
    remedy: `known: ${known.join(", ") || "none"}`,
  });
}

function toolUnknown(name: string, tool: string): RefusalError {
  return new RefusalError({
    code: "TOOL_UNKNOWN",
    message: `${name} lists no tool "${tool}"`,
    remedy: "see `quantwright upstream list --tools`",
  });
}
