import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import type { ConsolidationPeriod } from "../../lean/algorithm/consolidation.ts";
import type { BarSelector, FeedOptions } from "../../lean/algorithm/indicator-desk.ts";
import { findIndicator } from "../../lean/indicators/catalogue.ts";
import type { Indicator } from "../../lean/indicators/indicator.ts";
import { IndicatorRegistry } from "./indicator-registry.ts";
import type { KnownIndicator } from "./indicator-registry.ts";
import { flag, number, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";

/** The parameters of a class by the engine's names, from the facade's list in LEAN's order (None: left out). */
function parametersOf(kind: string, values: unknown): Record<string, number> {
  const definition = findIndicator(kind);
  if (definition === undefined) {
    throw new AlgorithmError(`the indicator ${kind} is not supported yet`, { code: "UNSUPPORTED_INDICATOR" });
  }
  const list: unknown = JSON.parse(text(values));
  const given = Array.isArray(list) ? list : [];
  const named: Record<string, number> = {};
  given.forEach((value: unknown, place) => {
    if (value === null) return;
    const parameter = definition.parameters[place];
    if (parameter === undefined) throw new AlgorithmError(`${kind} takes ${definition.parameters.length} parameters`);
    named[parameter.name] = number(value);
  });
  return named;
}

/** A period as the facade describes it: `every` bar of the data, a `resolution`, or a `period` in microseconds. */
function feedPeriod(kind: unknown, value: unknown): ConsolidationPeriod | undefined {
  if (kind === "resolution") return { resolution: number(value) };
  return kind === "period" ? { span: number(value) } : undefined;
}

/** Indicators by handle: making, feeding, chaining, and what the board does not show of them. */
export function indicatorOperations(context: OperationContext): Operations {
  const { indicators } = context.algorithm;
  const registry = new IndicatorRegistry();
  const selector = (symbol: number, callback: unknown): BarSelector | undefined => {
    const id = optional(number, callback);
    return id === undefined ? undefined : (bar) => Number(context.callBackWithBar(id, symbol, bar));
  };
  const feed = (symbol: number, values: readonly unknown[]): FeedOptions => {
    const period = feedPeriod(values[0], values[1]);
    const chosen = selector(symbol, values[2]);
    return { ...(period === undefined ? {} : { period }), ...(chosen === undefined ? {} : { selector: chosen }) };
  };
  return {
    "indicator.create": (kind, _name, values) =>
      JSON.stringify(registry.describe(indicators.make(text(kind), parametersOf(text(kind), values)))),
    "indicator.helper": (kind, symbol, values, ...how) => {
      const parameters = parametersOf(text(kind), values);
      const made = indicators.create(number(symbol), text(kind), { parameters, ...feed(number(symbol), how) });
      return JSON.stringify(registry.describe(made));
    },
    "indicator.register": (symbol, handle, ...how) =>
      indicators.register(number(symbol), registry.find(handle).indicator, feed(number(symbol), how)),
    "indicator.register_callback": (symbol, callback, ...how) => {
      const id = number(callback);
      const at = number(symbol);
      const period = feedPeriod(how[0], how[1]) ?? { count: 1 };
      context.algorithm.consolidation.consolidate(at, period, (bar) => void context.callBackWithBar(id, at, bar));
    },
    ...valueOperations(context, registry),
    "indicator.of": (second, first) => {
      indicators.chain(registry.find(second).indicator, registry.find(first).indicator);
    },
  };
}

/** What concerns an indicator that is there already. */
function valueOperations(context: OperationContext, registry: IndicatorRegistry): Operations {
  return {
    "indicator.parts": (handle) => {
      const { parts } = registry.find(handle).indicator;
      const found = Object.entries(parts).map(([name, part]) => [name.toLowerCase(), registry.describe(part)] as const);
      return JSON.stringify(Object.fromEntries(found));
    },
    "indicator.listen": (handle, callback) => {
      const id = number(callback);
      registry.find(handle).indicator.onUpdated(() => void context.callBack(id));
    },
    "indicator.history": (handle, back) => {
      const entry = registry.find(handle);
      entry.keep = Math.max(entry.keep, number(back) + 1);
      return number(back) === 0 ? entry.indicator.value : entry.history[number(back)];
    },
    "indicator.keep": (handle, size) => {
      const entry = registry.find(handle);
      entry.keep = Math.max(entry.keep, optional(number, size) ?? 0);
      return entry.keep;
    },
    "indicator.update": (handle, time, value) =>
      registry.find(handle).indicator.updateValue(number(time), number(value)),
    "indicator.update_bar": (...values) => {
      const [handle, , end, open, high, low, close, volume] = values;
      return registry.find(handle).indicator.update({
        time: number(end),
        open: number(open),
        high: number(high),
        low: number(low),
        close: number(close),
        volume: number(volume),
      });
    },
    "indicator.reset": (handle) => registry.find(handle).indicator.reset(),
    "indicator.deregister": () => {
      throw new AlgorithmError("indicators cannot be taken off their feed yet", {
        remedy: "Leave deregister_indicator out.",
      });
    },
    "indicator.combine": () => {
      throw new AlgorithmError("indicators of two indicators are not supported yet", {
        remedy: "Calculate with their current values in on_data.",
      });
    },
    "indicator.warm_up": (symbol, handle, kind, value) =>
      warmUp(context, number(symbol), registry.find(handle).indicator, feedPeriod(kind, value)),
    "chart.plot_indicator": (chart, wait, list) => {
      const chosen: unknown = JSON.parse(text(list));
      for (const handle of Array.isArray(chosen) ? chosen : [])
        plotUpdates(context, text(chart), flag(wait), registry.find(handle));
    },
  };
}

function plotUpdates(
  { algorithm }: OperationContext,
  chart: string,
  wait: boolean,
  { indicator }: KnownIndicator,
): void {
  indicator.onUpdated((_time, value) => {
    if (!wait || indicator.isReady) algorithm.plot(chart, indicator.name, value);
  });
}

/** Feeds an indicator with as many past bars as it needs. */
function warmUp(
  { algorithm }: OperationContext,
  symbol: number,
  indicator: Indicator,
  period: ConsolidationPeriod | undefined,
): void {
  const resolution = period !== undefined && "resolution" in period ? period.resolution : undefined;
  const [past] = algorithm.history.get([symbol], { bars: Math.max(1, indicator.warmUpPeriod) }, resolution);
  past?.endTime.forEach((time, place) => {
    const at = (column: readonly number[]): number => column[place] ?? 0;
    const { open, high, low, close, volume } = past;
    indicator.update({ time, open: at(open), high: at(high), low: at(low), close: at(close), volume: at(volume) });
  });
}
