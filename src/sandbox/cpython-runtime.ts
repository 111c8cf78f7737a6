import type { CpythonLink } from "./cpython-link.ts";
import type { PythonRuntime } from "./python-runtime.ts";

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`the Python host answered ${typeof value} where a text was expected`);
}

/** The functions of `python/quantwright_runtime.py` in a Python process of its own. */
export function cpythonRuntime(link: CpythonLink): PythonRuntime {
  const call = (name: string, ...values: unknown[]): unknown => link.call(name, values);
  return {
    bind: (engine, layout) => {
      link.engine = engine;
      call("bind", layout);
      return link.growBoard(0);
    },
    check: (files, entry) => text(call("check", files, entry)),
    load: (files, entry) => text(call("load", files, entry)),
    create: () => text(call("create")),
    describe_error: () => {
      const described = call("describe_error");
      return described === undefined ? undefined : text(described);
    },
    grow_board: (length) => link.growBoard(length),
    use_board: (length) => link.useBoard(length),
    add_security: (index, base) => void call("add_security", index, base),
    step: () => link.step(),
    initialize: () => call("initialize") === true,
    order_event: (event) => void call("order_event", event),
    securities_changed: (added, removed) => void call("securities_changed", added, removed),
    events: (callback, events) => void call("events", callback, events),
    warmup_finished: () => void call("warmup_finished"),
    end_of_day: (index) => void call("end_of_day", index),
    end_of_algorithm: () => void call("end_of_algorithm"),
    go_live: () => void call("go_live"),
    command: (command) => text(call("command", command)),
    call_back: (number, ...values) => call("call_back", number, ...values),
    call_back_bar: (number, index, ...values) => call("call_back_bar", number, index, ...values),
  };
}
