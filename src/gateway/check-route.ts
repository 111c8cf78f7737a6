import { canonicalJson } from "../domain/canonical-json.ts";
import type { ReadRoute } from "../domain/read-route.ts";
import type { Refusal } from "../domain/refusal.ts";
import { isRead } from "./classify.ts";
import type { UpstreamTool } from "./upstream-port.ts";

/** What a route is judged by. */
export interface RoutedServers {
  /** Undefined where the user has no such upstream. */
  speaks(upstream: string): "quantconnect" | "unknown" | undefined;
  /** A tool as an upstream lists it; undefined where it lists none such, or it is in quarantine. */
  tool(upstream: string, tool: string): UpstreamTool | undefined;
}

/**
 * Why a route may not be, or undefined. Only what our own classification knows as a read may be answered by one of
 * several, and only where all take the same arguments; who is not listed yet is judged when it is.
 */
export function checkRoute({ tool, of }: ReadRoute, servers: RoutedServers): Refusal | undefined {
  const unknown = of.find((upstream) => servers.speaks(upstream) === undefined);
  if (unknown !== undefined) {
    return {
      code: "UPSTREAM_UNKNOWN",
      message: `there is no upstream "${unknown}" of yours to answer ${tool}; the desk's own is never part of a route`,
      remedy: "see `quantwright upstream list`, or add it with `quantwright upstream add`",
    };
  }
  const foreign = of.find((upstream) => servers.speaks(upstream) !== "quantconnect");
  if (foreign !== undefined || !isRead(tool)) {
    return {
      code: "ROUTE_NOT_READ",
      message: `a tool that is known to only read was expected; ${tool} of ${foreign ?? of.join(", ")} counts as more`,
      remedy: "route reads of QuantConnect's own servers; everything else goes to one server that you name",
    };
  }
  const [first, ...others] = of.flatMap((upstream) => {
    const listed = servers.tool(upstream, tool);
    return listed === undefined ? [] : [{ upstream, schema: canonicalJson(listed.inputSchema) }];
  });
  const other = others.find(({ schema }) => schema !== first?.schema);
  if (first === undefined || other === undefined) return undefined;
  return {
    code: "ROUTE_SCHEMA_DIFFERS",
    message: `${first.upstream} and ${other.upstream} take different arguments for ${tool}`,
    remedy: "route it between servers of the same version, or call the one that you mean",
  };
}
