import type { ConsolidationPeriod } from "../../lean/algorithm/consolidation.ts";
import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import type { BarConsumer } from "../../lean/consolidators/bar-consumer.ts";
import { number, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";

const PERIODS: Readonly<Record<string, (length: number) => ConsolidationPeriod>> = {
  resolution: (resolution) => ({ resolution }),
  period: (span) => ({ span }),
  count: (count) => ({ count }),
};

/** Consolidators: made when they are added to a symbol, removed by the number that adding gave. */
export function consolidatorOperations(context: OperationContext): Operations {
  const { consolidation } = context.algorithm;
  const added: { readonly symbol: number; readonly consumer: BarConsumer }[] = [];
  const keep = (symbol: number, consumer: BarConsumer): number => added.push({ symbol, consumer }) - 1;
  return {
    "consolidator.add_period": (symbol, callback, kind, length) => {
      const period = PERIODS[text(kind)]?.(number(length));
      if (period === undefined) throw new AlgorithmError(`consolidators of ${text(kind)} are not supported`);
      const [at, id] = [number(symbol), number(callback)];
      return keep(
        at,
        consolidation.consolidate(at, period, (bar) => void context.callBackWithBar(id, at, bar)),
      );
    },
    "consolidator.add_renko": (symbol, callback, size, selector) => {
      const [at, id] = [number(symbol), number(callback)];
      const chosen = optional(number, selector);
      const options = {
        size: number(size),
        ...(chosen === undefined
          ? {}
          : {
              selector: (bar: Parameters<typeof context.callBackWithBar>[2]) =>
                Number(context.callBackWithBar(chosen, at, bar)),
            }),
      };
      return keep(
        at,
        consolidation.renko(at, options, (bar) => void context.callBackWithBar(id, at, bar)),
      );
    },
    "consolidator.remove": (place) => {
      const entry = added[number(place)];
      if (entry !== undefined) consolidation.remove(entry.symbol, entry.consumer);
    },
  };
}
