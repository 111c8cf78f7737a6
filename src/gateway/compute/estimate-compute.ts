import { z } from "zod";
import type { NodeRates, PlaceRates } from "../../domain/compute-rates.ts";
import { costOf } from "../../domain/compute-use.ts";
import { Decimal } from "../../domain/decimal.ts";
import { accepted, type Outcome } from "../../domain/refusal.ts";
import { pointsOf, rangeSchema } from "../search-points.ts";
import type { ComputeEstimate } from "./compute-estimate.ts";

/** What an estimate can rest on. */
export interface ComputeKnown {
  readonly rates: PlaceRates;
  /** How long earlier backtests of the project took, in milliseconds. */
  readonly durations: readonly number[];
}

/** Less is not told apart from nothing, and so many backtests of nothing would cost nothing. */
export const SHORTEST_BACKTEST = 1000;

const optimizationSchema = z.looseObject({
  parameters: z.array(rangeSchema),
  nodeType: z.string().optional(),
  estimatedCost: z.number().nonnegative().max(1e9).optional().catch(undefined),
});

/**
 * What a call of class `compute` would need. A backtest takes the median of earlier ones of its project, an
 * optimisation that for each of its points. Refuses an optimisation whose points cannot be counted.
 */
export function estimateCompute(
  call: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> },
  known: ComputeKnown,
): Outcome<ComputeEstimate> {
  const { rates } = known;
  switch (call.tool) {
    case "create_compile":
      return accepted({
        milliseconds: 0,
        backtests: 0,
        pricePerHour: Decimal.ZERO,
        money: { amount: Decimal.ZERO, currency: rates.currency },
        basis: "a compile takes no node",
      });
    case "create_backtest":
      return accepted(estimateOf(known, { backtests: 1, node: rates.backtest, claimed: Decimal.ZERO }));
    case "create_optimization":
      return estimateOptimization(call.arguments, known);
    default:
      // Nobody knows what it starts: at least a backtest, at a price that is not known where anything has one.
      return accepted(estimateOf(known, { backtests: 1, node: undefined, claimed: Decimal.ZERO }));
  }
}

function estimateOptimization(args: Readonly<Record<string, unknown>>, known: ComputeKnown): Outcome<ComputeEstimate> {
  const parsed = optimizationSchema.safeParse(args);
  const points = pointsOf(parsed.success ? parsed.data.parameters : []);
  if (!points.ok) return points;
  const { nodeType = "", estimatedCost = 0 } = parsed.success ? parsed.data : {};
  const { optimization } = known.rates;
  const node = Object.hasOwn(optimization, nodeType) ? optimization[nodeType] : optimization["*"];
  // What the caller says of the price can only make it more.
  const claimed = Decimal.parse(estimatedCost.toFixed(2));
  return accepted(estimateOf(known, { backtests: points.value.length, node, claimed }));
}

function estimateOf(
  { rates, durations }: ComputeKnown,
  job: { readonly backtests: number; readonly node: NodeRates | undefined; readonly claimed: Decimal },
): ComputeEstimate {
  const { backtests, node, claimed } = job;
  const { assumedSeconds, spinUpSeconds } = node ?? rates.backtest;
  const median = medianOf(durations);
  const each = Math.max(SHORTEST_BACKTEST, median ?? assumedSeconds * 1000) + spinUpSeconds * 1000;
  const milliseconds = Math.ceil(each * backtests);
  const seconds = `${Math.round(each / 100) / 10} s`;
  const count = backtests === 1 ? `one backtest of ${seconds}` : `${backtests} backtests of ${seconds} each`;
  const from =
    median === undefined
      ? "taken to run so long while none of the project is known"
      : `the median of ${durations.length} of the project`;
  const basis = `${count}, ${from}`;
  if (node === undefined) return { milliseconds, backtests, pricePerHour: null, money: null, basis };
  const cost = costOf(milliseconds, node.pricePerHour);
  const amount = node.pricePerHour.isZero ? cost : cost.max(claimed);
  return {
    milliseconds,
    backtests,
    pricePerHour: node.pricePerHour,
    money: { amount, currency: rates.currency },
    basis,
  };
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
