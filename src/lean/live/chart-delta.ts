import type { Chart } from "../backtest-result.ts";

type Points = Chart["series"][string]["values"];

/** Gives each point of growing charts once: what is new since the last call, a point of the last time if it changed. */
export class ChartDelta {
  readonly #last = new Map<string, { readonly time: number; readonly text: string }>();

  /** The new points; series without any are left out, new charts and series come even when they are empty. */
  take(charts: Readonly<Record<string, Chart>>): Record<string, Chart> {
    const news: Record<string, Chart> = {};
    for (const chart of Object.values(charts)) {
      const series = Object.values(chart.series).flatMap((one) => {
        const key = `${chart.name}\n${one.name}`;
        const isKnown = this.#last.has(key);
        const values = this.#news(key, one.values);
        return isKnown && values.length === 0 ? [] : [[one.name, { ...one, values }] as const];
      });
      if (series.length > 0) news[chart.name] = { name: chart.name, series: Object.fromEntries(series) };
    }
    return news;
  }

  #news(key: string, values: Points): Points {
    const known = this.#last.get(key);
    let from = values.length;
    while (from > 0 && this.#isNew(values[from - 1] ?? [], known)) from -= 1;
    const last = values.at(-1);
    if (last !== undefined) this.#last.set(key, { time: last[0] ?? 0, text: JSON.stringify(last) });
    else if (known === undefined) this.#last.set(key, { time: Number.NEGATIVE_INFINITY, text: "" });
    return values.slice(from);
  }

  #isNew(point: Points[number], known: { readonly time: number; readonly text: string } | undefined): boolean {
    const [time] = point;
    if (known === undefined || (time ?? 0) > known.time) return true;
    return time === known.time && JSON.stringify(point) !== known.text;
  }
}
