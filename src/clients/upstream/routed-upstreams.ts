import { ROUTES_UPSTREAM, type ReadRoute } from "../../domain/read-route.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { checkRoute, type RoutedServers } from "../../gateway/check-route.ts";
import type {
  RouteAttempt,
  UpstreamCall,
  UpstreamOutcome,
  Upstreams,
  UpstreamTool,
} from "../../gateway/upstream-port.ts";
import { routeOrder, type Candidate } from "./route-order.ts";

export interface RoutedOptions {
  readonly routes: () => readonly ReadRoute[];
  readonly servers: RoutedServers;
}

/**
 * Upstreams with one more, `any`, whose tools are the routes: a read that several upstreams serve goes to one of them,
 * and to the next one where no answer came.
 *
 * Invariant: only what is a read for our own classification goes to more than one; every call of anything else goes, as
 * it is, to the upstream that it names.
 */
export function routedUpstreams(inner: Upstreams, options: RoutedOptions): Upstreams {
  const inFlight = new Map<string, number>();
  const turns = new Map<string, number>();
  const call = async (request: UpstreamCall): Promise<UpstreamOutcome> => {
    const { upstream } = request;
    inFlight.set(upstream, (inFlight.get(upstream) ?? 0) + 1);
    try {
      return await inner.call(request);
    } finally {
      inFlight.set(upstream, (inFlight.get(upstream) ?? 1) - 1);
    }
  };
  const order = (route: ReadRoute): readonly Candidate[] => {
    const turn = turns.get(route.tool) ?? 0;
    turns.set(route.tool, turn + 1);
    const states = new Map(inner.status().map(({ name, state }) => [name, state]));
    const candidates = route.of
      .filter((upstream) => options.servers.tool(upstream, route.tool) !== undefined)
      .map((upstream) => ({
        upstream,
        isHealthy: states.get(upstream) === "ready",
        inFlight: inFlight.get(upstream) ?? 0,
      }));
    return routeOrder(route.choose, candidates, turn);
  };
  return {
    tools: (upstream) => (upstream === ROUTES_UPSTREAM ? Promise.resolve(routedTools(options)) : inner.tools(upstream)),
    readResource: (upstream, uri) => inner.readResource(upstream, uri),
    status: () => inner.status(),
    restart: (upstream) => inner.restart(upstream),
    onToolsChanged: (listener) => inner.onToolsChanged(listener),
    call: (request) => {
      if (request.upstream !== ROUTES_UPSTREAM) return call(request);
      const route = options.routes().find(({ tool }) => tool === request.tool);
      const refusal = route === undefined ? noRoute(request.tool) : checkRoute(route, options.servers);
      if (route === undefined || refusal !== undefined) return Promise.resolve(notAsked(refusal));
      return askInTurn(route, request, { order: order(route), call });
    },
  };
}

/** What routes are listed as: our own words, so that only another route or other arguments make it another tool. */
function routedTools({ routes, servers }: RoutedOptions): readonly UpstreamTool[] {
  return routes().flatMap((route) => {
    const [listed] = route.of.flatMap((upstream) => servers.tool(upstream, route.tool) ?? []);
    const fault = checkRoute(route, servers);
    // Different arguments are told to who calls; what may not be routed at all is no tool.
    if (listed === undefined || (fault !== undefined && fault.code !== "ROUTE_SCHEMA_DIFFERS")) return [];
    const description = `${route.tool}, answered by one of ${route.of.join(", ")} (${route.choose}); the envelope says by whom. ${listed.description ?? ""}`;
    return [{ name: route.tool, description: description.trim(), inputSchema: listed.inputSchema }];
  });
}

/** Each server gets its part of the time, so that all of them together take no longer than one would. */
async function askInTurn(
  route: ReadRoute,
  request: UpstreamCall,
  parts: { readonly order: readonly Candidate[]; readonly call: Upstreams["call"] },
): Promise<UpstreamOutcome> {
  const { order } = parts;
  const share = Math.ceil(request.deadlineMilliseconds / Math.max(1, order.length));
  const patience = Math.min(share, (route.withinSeconds ?? Number.POSITIVE_INFINITY) * 1000);
  const attempts: RouteAttempt[] = [];
  let sent = false;
  for (const [index, { upstream }] of order.entries()) {
    // Behind the last one is nobody who could be quicker.
    const deadlineMilliseconds = index === order.length - 1 ? share : patience;
    const outcome = await parts.call({ ...request, upstream, deadlineMilliseconds });
    if (outcome.kind === "answered") {
      attempts.push({ upstream, end: "answered" });
      return { ...outcome, routed: { by: upstream, insteadOf: insteadOf(route, attempts), attempts } };
    }
    attempts.push({ upstream, end: outcome.timedOut ? "no answer in time" : outcome.reason });
    sent ||= outcome.sent;
    if (request.signal?.aborted === true) break;
  }
  const reason = attempts.map(({ upstream, end }) => `${upstream}: ${end}`).join("; ");
  return { kind: "lost", sent, timedOut: false, reason: reason === "" ? "nobody of its route lists it" : reason };
}

/** Whom the policy names before the one that answered. */
function insteadOf(route: ReadRoute, attempts: readonly RouteAttempt[]): readonly string[] {
  const by = attempts.at(-1)?.upstream ?? "";
  if (route.choose === "first-healthy") return route.of.slice(0, route.of.indexOf(by));
  return attempts.slice(0, -1).map(({ upstream }) => upstream);
}

function noRoute(tool: string): Refusal {
  return { code: "ROUTE_UNKNOWN", message: `there is no route for ${tool}`, remedy: "see `quantwright upstream list`" };
}

function notAsked(refusal: Refusal | undefined): UpstreamOutcome {
  const reason = refusal?.message ?? "";
  return { kind: "lost", sent: false, timedOut: false, reason, ...(refusal === undefined ? {} : { refusal }) };
}
