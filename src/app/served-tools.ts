import { notServed } from "../gateway/not-served.ts";
import type { Registry } from "../gateway/registry.ts";
import { OWN_UPSTREAM } from "../gateway/tool.ts";
import type { OwnServer } from "./upstream-server.ts";

/** What the desk itself reads, and for what. */
const DESK_READS: Readonly<Record<string, readonly string[]>> = {
  "the watch of deployments": ["list_live_algorithms"],
  "get_positions, get_account_balance and the limits of orders": ["read_live_portfolio", "read_live_orders"],
  "the record of trials": ["read_backtest", "read_optimization"],
  "the check of what is deployed": ["read_file"],
};

/** Which QuantConnect server a desk has, and what of it is needed and not listed. */
export interface ServedTools {
  readonly kind: OwnServer["kind"];
  /** How many tools it listed; 0 before it did. */
  readonly tools: number;
  readonly missing: readonly { readonly tool: string; readonly neededBy: readonly string[] }[];
}

/** Looks through everything that needs tools of the desk's own server. */
export function servedTools(registry: Pick<Registry, "seen" | "list">, kind: OwnServer["kind"]): ServedTools {
  const listed = registry.seen(OWN_UPSTREAM);
  const users = [
    ...registry
      .list("full")
      .flatMap((tool) => (tool.kind === "skill" ? [{ by: tool.name, needs: tool.skill.needs ?? [] }] : [])),
    ...Object.entries(DESK_READS).map(([by, needs]) => ({ by, needs })),
  ];
  const neededBy = new Map<string, string[]>();
  for (const { by, needs } of users) {
    for (const tool of notServed(listed, needs)) neededBy.set(tool, [...(neededBy.get(tool) ?? []), by]);
  }
  return { kind, tools: listed.length, missing: [...neededBy].map(([tool, by]) => ({ tool, neededBy: by })) };
}
