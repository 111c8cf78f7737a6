import type { FaultAction, FaultPlan, FaultRule } from "./fault-rule.ts";

/** Decides which faults befall a request. The same plan and the same requests give the same faults. */
export interface FaultInjector {
  /** The faults of this request, in the order of their rules. */
  faultsOf(path: string): FaultAction[];
  /** Whether answers of this path may be given again later. */
  remembers(path: string): boolean;
}

export function createFaultInjector({ seed, rules }: FaultPlan): FaultInjector {
  const states = rules.map((rule, index) => ({
    rule,
    pattern: patternOf(rule.path),
    // Each rule has its own chances, so that a rule more changes nothing for the others.
    chance: randomNumbers(seed + index * 7919),
    seen: 0,
    done: 0,
  }));
  return {
    faultsOf: (path) =>
      states.flatMap((state) => {
        if (!state.pattern.test(path)) return [];
        state.seen += 1;
        const hit = state.chance() < state.rule.probability;
        const isSpent = state.rule.times !== undefined && state.done >= state.rule.times;
        if (!hit || isSpent || !isCounted(state.rule, state.seen)) return [];
        state.done += 1;
        return [state.rule.fault];
      }),
    remembers: (path) => states.some(({ rule, pattern }) => rule.fault.kind === "stale-snapshot" && pattern.test(path)),
  };
}

function isCounted({ nth }: FaultRule, seen: number): boolean {
  if (nth === undefined) return true;
  return Array.isArray(nth) ? nth.includes(seen) : nth === seen;
}

function patternOf(path: string): RegExp {
  const parts = path.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "u");
}

/** Numbers from 0 to below 1 that a seed determines (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
