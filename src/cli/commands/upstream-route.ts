import type { Command } from "commander";
import { z } from "zod";
import { ROUTE_CHOICES, ROUTES_UPSTREAM, readRouteSchema, type ReadRoute } from "../../domain/read-route.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { CliServices, CliSession } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { agree } from "../agree.ts";

type Join = (group: Command, services: CliServices, done: (code: number) => void) => void;

const routeOptions = z.object({
  of: z.array(z.string()).default([]),
  choose: z.string().optional(),
  within: z.coerce.number().optional(),
  yes: z.boolean().default(false),
});

/** `upstream route` and `upstream unroute`: reads that several upstreams can answer. */
export const addRouteCommands: Join = (upstream, services, done) => {
  const route = upstream
    .command("route")
    .description(`let any of several upstreams answer a read, as the tool ${ROUTES_UPSTREAM}_TOOL`)
    .argument("<tool>", "as its servers call it; only what is known to read")
    .requiredOption("--of <name...>", "the upstreams, the preferred one first")
    .option("--choose <how>", `${ROUTE_CHOICES.join(", ")} (the first of these if left out)`)
    .option("--within <seconds>", "how long one is waited for before the next one is asked")
    .option("--yes", "without a question, for scripts");
  withGlobalFlags(route).action(
    action(services, done, async ({ session, output, services: { terminal } }, tool, options) => {
      const given = parseOptions(routeOptions, options);
      const wanted = parseRoute(tool, given);
      await using desk = await session.desk();
      await desk.request("upstream.checkRoute", wanted);
      if (!given.yes) {
        terminal.err(`${routeText(wanted)}\n`);
        await agree(terminal, "Is that so? Type yes: ", "yes");
      }
      await put(session, [...session.upstreams.routes().filter((one) => one.tool !== wanted.tool), wanted]);
      output.result({ routed: wanted }, routeText(wanted));
    }),
  );
  const unroute = upstream.command("unroute").description("take a route away").argument("<tool>");
  withGlobalFlags(unroute).action(
    action(services, done, async ({ session, output }, tool) => {
      const routes = session.upstreams.routes();
      const rest = routes.filter((one) => one.tool !== tool);
      if (rest.length === routes.length) throw unknown(String(tool), routes);
      await put(session, rest);
      output.result({ removed: true }, `There is no route for ${String(tool)} any more.`);
    }),
  );
};

/** A desk that runs takes the routes over at once; where it does not take them, they stay as they were. */
async function put(session: CliSession, routes: readonly ReadRoute[]): Promise<void> {
  const before = session.upstreams.routes();
  session.upstreams.putRoutes(routes);
  try {
    await using desk = await session.runningDesk();
    await desk?.request("upstream.reload");
  } catch (error) {
    session.upstreams.putRoutes(before);
    throw error;
  }
}

function parseRoute(tool: unknown, { of, choose, within }: z.infer<typeof routeOptions>): ReadRoute {
  const parsed = readRouteSchema.safeParse({ tool, of, choose, withinSeconds: within });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RefusalError({
    code: "USAGE",
    message: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "a route was expected"}`,
    remedy: "for example: quantwright upstream route read_project --of alpha beta --choose first-healthy",
  });
}

function routeText({ tool, of, choose }: ReadRoute): string {
  return `${ROUTES_UPSTREAM}_${tool} is answered by one of ${of.join(", ")} (${choose}).`;
}

function unknown(tool: string, routes: readonly ReadRoute[]): RefusalError {
  return new RefusalError({
    code: "ROUTE_UNKNOWN",
    message: `there is no route for "${tool}"`,
    remedy: `known: ${routes.map((route) => route.tool).join(", ") || "none"}`,
  });
}
