import type { Command } from "commander";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import type { CliServices, CliSession } from "../cli-services.ts";
import { agree } from "../agree.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { visibleText } from "../../domain/visible-text.ts";
import { EXIT } from "../exit-code.ts";
import { table } from "../output.ts";
import { addAddCommand } from "./upstream-add.ts";
import { addRouteCommands } from "./upstream-route.ts";
import { addUseCommand } from "./upstream-use.ts";
import {
  differenceText,
  routesTable,
  seenRoutesSchema,
  seenToolsSchema,
  seenToolsTable,
  upstreamsSchema,
  upstreamsTable,
} from "../upstream-view.ts";

type Join = (program: Command, services: CliServices, done: (code: number) => void) => void;

/** `upstream list|add|remove|pin|restart|discover|route|unroute|use`: the MCP servers behind the gateway. */
export const addUpstreamCommands: Join = (program, services, done) => {
  const upstream = program.command("upstream").description("the MCP servers behind the gateway");
  addList(upstream, services, done);
  addAddCommand(upstream, services, done);
  addRemove(upstream, services, done);
  addPin(upstream, services, done);
  addRestart(upstream, services, done);
  addDiscover(upstream, services, done);
  addRouteCommands(upstream, services, done);
  addUseCommand(upstream, services, done);
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
      if (seen === undefined) {
        const known = upstreamsSchema.parse(await desk.request("upstream.list")).map((one) => one.name);
        throw known.includes(String(name)) ? toolUnknown(String(name), String(tool)) : unknown(String(name), known);
      }
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

/** A desk that runs takes it over at once; another one does when it starts. */
async function reload(session: CliSession): Promise<void> {
  await using desk = await session.runningDesk();
  await desk?.request("upstream.reload");
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
