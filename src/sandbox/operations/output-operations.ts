import { z } from "zod";
import type { HistoryColumns, HistoryRange } from "../../lean/algorithm/history.ts";
import type { CorporateEvent } from "../../lean/data/corporate-event.ts";
import { number, numberList, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";

const seriesSchema = z.array(z.tuple([z.string(), z.int(), z.string(), z.int()]));

/** Corporate events as the facade reads them: kind, symbol, time, fields. `time` is wall-clock microseconds. */
export function corporateEventViews(events: readonly CorporateEvent[], time: number): string {
  return JSON.stringify(
    events.map((event) => {
      const at = event.symbol.index;
      switch (event.kind) {
        case "dividend":
          return ["dividend", at, time, { distribution: event.distribution.toNumber() }];
        case "split":
          return [
            "split",
            at,
            time,
            {
              type: event.type,
              split_factor: event.splitFactor.toNumber(),
              reference_price: event.referencePrice.toNumber(),
            },
          ];
        case "delisting":
          return ["delisting", at, time, { type: event.type, _value: event.price.toNumber() }];
        case "symbol-changed":
          return ["rename", at, time, { old_symbol: event.oldSymbol, new_symbol: event.newSymbol }];
      }
    }),
  );
}

function historyRange(kind: string, first: unknown, last: number): HistoryRange {
  if (kind === "count") return { bars: number(first) };
  return kind === "span" ? { span: number(first) } : { start: number(first), end: last };
}

/** Rows [position in the request, start, end, open, high, low, close, volume], symbol by symbol. */
function historyRows(columns: readonly HistoryColumns[]): string {
  return JSON.stringify(
    columns.flatMap((past, position) =>
      past.time.map((time, row) => [
        position,
        time,
        past.endTime[row],
        past.open[row],
        past.high[row],
        past.low[row],
        past.close[row],
        past.volume[row],
      ]),
    ),
  );
}

/** What a strategy asks about the past and the slice, and what it writes. */
export function outputOperations({ algorithm }: OperationContext): Operations {
  return {
    history: (...values) => {
      const [symbols, kind, first, last, resolution] = values;
      return historyRows(
        algorithm.history.get(
          numberList(symbols),
          historyRange(text(kind), first, optional(number, last) ?? algorithm.time),
          optional(number, resolution),
        ),
      );
    },
    "slice.events": () => corporateEventViews(algorithm.slice.events, algorithm.slice.time),
    log: (message) => algorithm.log(text(message)),
    debug: (message) => algorithm.debug(text(message)),
    error: (message) => algorithm.error(text(message)),
    set_runtime_statistic: (name, value) => algorithm.setRuntimeStatistic(text(name), text(value)),
    "chart.plot": (chart, series, value) => algorithm.plot(text(chart), text(series), number(value)),
    "chart.add": (chart, series) => {
      const { charts } = algorithm.journal;
      const name = text(chart);
      charts[name] ??= { name, series: {} };
      for (const [title, seriesType, unit, index] of seriesSchema.parse(JSON.parse(text(series)))) {
        charts[name].series[title] = { name: title, unit, index, seriesType, values: [] };
      }
    },
  };
}
