import type { Chart } from "../../lean/backtest-result.ts";
import { apiTime } from "../api-time.ts";
import type { LivePoint } from "./live-store-port.ts";

/** A line of the log that the cloud itself writes; `now` in UTC microseconds. */
export function noteLine(now: number, text: string): string {
  return `${apiTime(now)} ${text}`;
}

/** Charts as single points, each with what its series is. */
export function pointsOf(charts: Readonly<Record<string, Chart>>): LivePoint[] {
  return Object.values(charts).flatMap((chart) =>
    Object.values(chart.series).flatMap(({ name, unit, index, seriesType, values }) =>
      values.map((point): LivePoint => ({ chart: chart.name, series: name, unit, index, seriesType, values: point })),
    ),
  );
}
