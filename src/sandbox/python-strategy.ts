import { z } from "zod";
import type { QcAlgorithm } from "../lean/algorithm/qc-algorithm.ts";
import type { CorporateEvent } from "../lean/data/corporate-event.ts";
import type { Strategy } from "../lean/strategy.ts";
import type { EngineBridge } from "./engine-bridge.ts";
import { corporateEventViews } from "./operations/output-operations.ts";
import { orderEventView } from "./operations/order-views.ts";
import type { PythonRuntime } from "./python-runtime.ts";

export interface PythonStrategyParts {
  readonly algorithm: QcAlgorithm;
  readonly bridge: EngineBridge;
  readonly runtime: PythonRuntime;
}

type Callbacks = { -readonly [K in keyof Strategy]: Strategy[K] };

/** Creates the user's algorithm; the strategy has just those callbacks that the user's class overrides. */
export function pythonStrategy(parts: PythonStrategyParts): Strategy {
  const { algorithm, bridge, runtime } = parts;
  const names = new Set(z.array(z.string()).parse(JSON.parse(bridge.call(() => runtime.create()))));
  const hearSlices = (): void => {
    // The one crossing of a slice: the function is fetched once, because looking it up costs more than calling it.
    const { step } = runtime;
    strategy.onData = () => bridge.call(step);
  };
  const strategy: Callbacks = {
    initialize: () => {
      const usesFramework = bridge.call(() => runtime.initialize());
      if (!usesFramework) return;
      hearSlices();
      Object.assign(strategy, { onSecuritiesChanged: optional.onSecuritiesChanged });
    },
  };
  if (names.has("on_data")) hearSlices();
  const events = (callback: string) => (list: readonly CorporateEvent[]) => {
    const views = corporateEventViews(list, algorithm.slice.time);
    bridge.call(() => runtime.events(callback, views));
  };
  const optional: Callbacks = {
    initialize: strategy.initialize,
    onOrderEvent: (event) => bridge.call(() => runtime.order_event(JSON.stringify(orderEventView(event)))),
    onSecuritiesChanged: ({ added, removed }) => {
      const lists = [added, removed].map((symbols) => JSON.stringify(symbols.map(({ index }) => index)));
      bridge.call(() => runtime.securities_changed(lists[0] ?? "[]", lists[1] ?? "[]"));
    },
    onWarmupFinished: () => bridge.call(() => runtime.warmup_finished()),
    onDividends: events("on_dividends"),
    onSplits: events("on_splits"),
    onDelistings: events("on_delistings"),
    onSymbolChangedEvents: events("on_symbol_changed_events"),
    onEndOfDay: ({ index }) => bridge.call(() => runtime.end_of_day(index)),
    onEndOfAlgorithm: () => bridge.call(() => runtime.end_of_algorithm()),
  };
  const spelled: Readonly<Record<string, keyof Strategy>> = {
    on_order_event: "onOrderEvent",
    on_securities_changed: "onSecuritiesChanged",
    on_warmup_finished: "onWarmupFinished",
    on_dividends: "onDividends",
    on_splits: "onSplits",
    on_delistings: "onDelistings",
    on_symbol_changed_events: "onSymbolChangedEvents",
    on_end_of_day: "onEndOfDay",
    on_end_of_algorithm: "onEndOfAlgorithm",
  };
  for (const [name, key] of Object.entries(spelled)) {
    if (names.has(name)) Object.assign(strategy, { [key]: optional[key] });
  }
  return strategy;
}
