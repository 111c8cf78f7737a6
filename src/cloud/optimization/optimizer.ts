import type { Clock } from "../../domain/clock.ts";
import type { CloudIds, CloudLog, CloudOptimization } from "../ports.ts";
import type { CloudStore } from "../store-port.ts";
import { bestOf, isReached } from "./objective.ts";
import { type Point, pointKey } from "./point.ts";
import { isEnded, keyOf, wantedPoints } from "./search-strategy.ts";

/** Keeps the points of optimisations running. */
export interface Optimizer {
  /** Begins points that an optimisation wants and has a slot for, or ends it when there are none. */
  advance(optimizationId: string): Promise<void>;
  /** Takes up what a dead process left. */
  resume(): Promise<void>;
  /** Waits for what is under way, and does nothing more. */
  stop(): Promise<void>;
}

export interface OptimizerParts {
  readonly store: Pick<CloudStore, "optimizations" | "backtests">;
  readonly clock: Clock;
  readonly ids: CloudIds;
  readonly log: CloudLog;
  /** More points than this never run at once, whatever an optimisation asks for. */
  readonly slots: number;
  /** Says that a backtest waits. */
  readonly kick: () => void;
}

/**
 * Which points are missing is worked out anew from the stored ones after each that ends, so a restart needs nothing
 * else; the store refuses the same point twice.
 */
export function createOptimizer(parts: OptimizerParts): Optimizer {
  const { store, log } = parts;
  const turns = new Map<string, Promise<void>>();
  let stopped = false;

  const advance = async (optimizationId: string): Promise<void> => {
    const before = turns.get(optimizationId) ?? Promise.resolve();
    const turn = before.then(() => (stopped ? undefined : step(parts, optimizationId)));
    const settled = turn.catch((error: unknown) => {
      log("optimization.fault", { optimizationId, message: error instanceof Error ? error.message : String(error) });
    });
    turns.set(optimizationId, settled);
    await settled;
    if (turns.get(optimizationId) === settled) turns.delete(optimizationId);
  };

  return {
    advance,
    async resume() {
      for (const { optimizationId } of await store.optimizations.open()) await advance(optimizationId);
    },
    async stop() {
      stopped = true;
      await Promise.all(turns.values());
    },
  };
}

async function step({ store, clock, ids, slots, kick }: OptimizerParts, optimizationId: string): Promise<void> {
  const optimization = await store.optimizations.byId(optimizationId);
  if (optimization === undefined) return;
  if (optimization.status === "completed" || optimization.status === "aborted") {
    // A point that ended just before the abort may be the best.
    await store.optimizations.saveBest(optimizationId, undefined);
    return;
  }
  const { plan, status } = optimization;
  if (status === "new") await store.optimizations.begin(optimizationId);
  const points = await store.backtests.points(optimizationId);
  const best = bestOf(points, plan);
  if (JSON.stringify(best) !== JSON.stringify(optimization.best))
    await store.optimizations.saveBest(optimizationId, best);
  const known = new Set(points.map(keyOf));
  const wanted = isReached(points, plan) ? [] : wantedPoints(plan, points);
  const missing = wanted.filter((point) => !known.has(pointKey(point)));
  const open = points.filter((point) => !isEnded(point)).length;
  const begun = missing.slice(0, Math.max(0, Math.min(plan.parallelNodes, slots) - open));
  for (const [index, point] of begun.entries()) {
    const backtest = { point, number: known.size + index + 1, backtestId: ids.hex32(), now: clock.now() };
    await begin(store, optimization, backtest);
  }
  if (begun.length > 0) kick();
  else if (open === 0) await store.optimizations.complete(optimizationId, clock.now());
}

async function begin(
  store: OptimizerParts["store"],
  { optimizationId, projectId, compileId, name, plan }: CloudOptimization,
  backtest: { readonly point: Point; readonly number: number; readonly backtestId: string; readonly now: number },
): Promise<void> {
  const { point, number, backtestId, now } = backtest;
  await store.backtests.create({
    backtestId,
    projectId,
    compileId,
    name: `${name} ${number}`,
    parameters: { ...plan.baseParameters, ...point },
    parameterSet: point,
    now,
    point: { optimizationId, key: pointKey(point) },
  });
}
