import type { Chart } from "../backtest-result.ts";
import type { InsightRecord } from "./insight-record.ts";
import type { Clock } from "../engine/clock.ts";

/** LEAN's limits on what an algorithm may write. */
const MAXIMUM_MESSAGES = 10_000;
const MAXIMUM_LENGTH = 2000;
const MAXIMUM_CHARTS = 30;
const MAXIMUM_POINTS = 4000;
const MAXIMUM_INSIGHTS = 10_000;
const MICROS_PER_SECOND = 1_000_000;

/** Messages, warnings, custom charts and runtime statistics of a run. */
export class Journal {
  readonly logs: string[] = [];
  readonly warnings: { readonly code: string; readonly message: string }[] = [];
  readonly charts: Record<string, Chart> = {};
  readonly runtimeStatistics: Record<string, string> = {};
  /** Insights in the order in which they were emitted. */
  readonly insights: InsightRecord[] = [];
  readonly #clock: Clock;
  #isLogFull = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One line of the algorithm's log, with its UTC time. Beyond the limits one line says so, and no more is kept. */
  write(kind: "log" | "debug" | "error", message: string): void {
    if (this.#isLogFull) return;
    const time = new Date(this.#clock.utc / 1000).toISOString().slice(0, 19).replace("T", " ");
    if (this.logs.length >= MAXIMUM_MESSAGES - 1) {
      this.#isLogFull = true;
      this.logs.push(`${time} the log has reached its limit of ${MAXIMUM_MESSAGES} lines: later ones are left out`);
      this.warn("LOG_LIMIT", `more than ${MAXIMUM_MESSAGES} log lines: the rest is left out`);
      return;
    }
    const prefix = kind === "error" ? "Error: " : "";
    this.logs.push(`${time} ${prefix}${message.slice(0, MAXIMUM_LENGTH)}`);
  }

  /** The oldest lines, which are not kept any more: a live run has no end. */
  takeLogs(most: number): string[] {
    const lines = this.logs.splice(0, most);
    if (this.logs.length === 0) this.#isLogFull = false;
    return lines;
  }

  /** Once per code and message. */
  warn(code: string, message: string): void {
    if (this.warnings.some((warning) => warning.code === code && warning.message === message)) return;
    this.warnings.push({ code, message });
  }

  /** Adds a point to a series of a custom chart. */
  plot(chartName: string, seriesName: string, value: number): void {
    const chart = this.charts[chartName] ?? this.#addChart(chartName);
    if (chart === undefined) return;
    const index = Object.keys(chart.series).length;
    chart.series[seriesName] ??= { name: seriesName, unit: "$", index, seriesType: 0, values: [] };
    const { values } = chart.series[seriesName];
    const time = Math.floor(this.#clock.utc / MICROS_PER_SECOND);
    if (values.at(-1)?.[0] === time) values.pop();
    if (values.length >= MAXIMUM_POINTS) {
      this.warn("CHART_LIMIT", `series ${seriesName} has more than ${MAXIMUM_POINTS} points: the rest is left out`);
      return;
    }
    values.push([time, Number.isFinite(value) ? value : null]);
  }

  addInsight(insight: InsightRecord): void {
    if (this.insights.length < MAXIMUM_INSIGHTS) this.insights.push(insight);
    else this.warn("INSIGHT_LIMIT", `more than ${MAXIMUM_INSIGHTS} insights: the rest is left out of the result`);
  }

  /** An insight ends before its time, Unix seconds. */
  closeInsight(id: string, closeTime: number): void {
    const at = this.insights.findLastIndex((insight) => insight.id === id);
    const insight = this.insights[at];
    if (insight === undefined) return;
    this.insights[at] = { ...insight, closeTime, period: closeTime - insight.generatedTime };
  }

  setRuntimeStatistic(name: string, value: string): void {
    this.runtimeStatistics[name] = value;
  }

  #addChart(name: string): Chart | undefined {
    if (Object.keys(this.charts).length >= MAXIMUM_CHARTS) {
      this.warn("CHART_LIMIT", `more than ${MAXIMUM_CHARTS} custom charts: ${name} is left out`);
      return undefined;
    }
    const chart: Chart = { name, series: {} };
    this.charts[name] = chart;
    return chart;
  }
}
