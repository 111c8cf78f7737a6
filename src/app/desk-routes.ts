import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../domain/canonical-json.ts";
import { parseJson } from "../domain/parse-json.ts";
import { ROUTES_UPSTREAM, type ReadRoute } from "../domain/read-route.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { UpstreamEntry } from "../domain/upstream-entry.ts";
import { checkRoute, type RoutedServers } from "../gateway/check-route.ts";
import type { Registry, UpstreamSource } from "../gateway/registry.ts";
import type { UpstreamTool } from "../gateway/upstream-port.ts";

const seenSchema = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  inputSchema: z.record(z.string(), z.unknown()),
});

/** What routes are judged by on this desk: the user's entries, and the tools that are listed and not in quarantine. */
export function routedServers(
  registry: Pick<Registry, "seen">,
  entry: (upstream: string) => UpstreamEntry | undefined,
): RoutedServers {
  return {
    speaks: (upstream) => entry(upstream)?.speaks,
    tool: (upstream, name): UpstreamTool | undefined => {
      const seen = registry.seen(upstream).find(({ tool }) => tool === name);
      if (seen === undefined || seen.quarantined !== null || seen.present === null) return undefined;
      const { description, inputSchema } = seenSchema.parse(parseJson(seen.present));
      return { name, inputSchema, ...(description === undefined ? {} : { description }) };
    },
  };
}

/** The source of the routes' tools; none where there are no routes. Another set of routes is another build. */
export function routesSource(routes: readonly ReadRoute[]): readonly UpstreamSource[] {
  if (routes.length === 0) return [];
  const build = createHash("sha256").update(canonicalJson(routes)).digest("hex").slice(0, 16);
  const answeredBy = (name: string): readonly string[] => routes.find(({ tool }) => tool === name)?.of ?? [];
  return [{ upstream: ROUTES_UPSTREAM, prefix: `${ROUTES_UPSTREAM}_`, build, speaks: "quantconnect", answeredBy }];
}

/** A route with what is wrong with it. */
export interface SeenRoute extends ReadRoute {
  readonly fault: Refusal | null;
}

/** The routes as the shell shows them. */
export function seenRoutes(routes: readonly ReadRoute[], servers: RoutedServers): readonly SeenRoute[] {
  return routes.map((route) => ({ ...route, fault: checkRoute(route, servers) ?? null }));
}
