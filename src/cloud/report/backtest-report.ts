import type { BacktestResult, Chart } from "../../lean/backtest-result.ts";
import type { CloudBacktest, CloudProject, ResultSummary } from "../ports.ts";
import type { ReplyBody } from "../reply.ts";
import { lineChart, type Line } from "./line-chart.ts";

export interface ReportParts {
  readonly project: CloudProject;
  readonly backtest: CloudBacktest;
  readonly summary: ResultSummary;
  readonly charts: Readonly<Record<string, Chart>>;
  readonly dailyReturns: BacktestResult["dailyReturns"];
  /** Of closed trades, as the API gives them. */
  readonly tradeStatistics: ReplyBody;
}

const STYLE =
  "body{font:15px system-ui,sans-serif;margin:2em auto;max-width:960px;color:#222}table{border-collapse:collapse}" +
  "td,th{padding:3px 12px;border-bottom:1px solid #ddd;text-align:right}th:first-child,td:first-child{text-align:left}" +
  ".note{background:#fff4d6;padding:8px 12px}svg{width:100%}text{font-size:11px;fill:#555}";

/** A report of a backtest as one HTML page that needs nothing else: no script, no picture from elsewhere. */
export function backtestReport(parts: ReportParts): string {
  const { project, backtest, summary, charts } = parts;
  const equity = closes(charts["Strategy Equity"], "Equity");
  const drawdown = closes(charts["Drawdown"], "Equity Drawdown");
  const sections = [
    `<h1>${escaped(backtest.name)}</h1>`,
    `<p>Project ${escaped(project.name)}, ${summary.requested.start} to ${summary.requested.end}, engine ${escaped(summary.engine.name)} ${escaped(summary.engine.version)}.</p>`,
    ...notes(summary, backtest),
    "<h2>Equity</h2>",
    lineChart(equity, (value) => Math.round(value).toLocaleString("en-US")),
    "<h2>Drawdown</h2>",
    lineChart(drawdown, (value) => `${value.toFixed(1)}%`),
    "<h2>Monthly returns</h2>",
    monthlyTable(parts.dailyReturns),
    "<h2>Statistics</h2>",
    table(Object.entries(summary.statistics)),
    "<h2>Closed trades</h2>",
    table(Object.entries(parts.tradeStatistics).flatMap(([name, value]) => shownEntry(name, value))),
    "<h2>Parameters</h2>",
    table(Object.entries(summary.parameters)),
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(backtest.name)}</title><style>${STYLE}</style></head><body>${sections.join("\n")}</body></html>`;
}

function notes(summary: ResultSummary, backtest: CloudBacktest): string[] {
  const synthetic = summary.synthetic
    ? ["Some or all prices of this backtest are synthetic: generated, not observed."]
    : [];
  const error = backtest.error === undefined ? [] : [`Runtime error: ${backtest.error}`];
  const texts = [...synthetic, ...error, ...summary.warnings.map(({ code, message }) => `${code}: ${message}`)];
  return texts.map((text) => `<p class="note">${escaped(text)}</p>`);
}

function closes(chart: Chart | undefined, series: string): Line {
  return (chart?.series[series]?.values ?? []).flatMap((point) => {
    const time = point[0];
    const value = point.at(-1);
    return typeof time === "number" && typeof value === "number" ? [[time, value] as const] : [];
  });
}

function monthlyTable(days: BacktestResult["dailyReturns"]): string {
  const months = new Map<string, number>();
  for (const { date, return: part } of days) {
    const month = date.slice(0, 7);
    months.set(month, (1 + (months.get(month) ?? 0)) * (1 + part) - 1);
  }
  const years = [...new Set([...months.keys()].map((month) => month.slice(0, 4)))];
  const numbers = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));
  const cell = (value: number | undefined): string =>
    `<td>${value === undefined ? "" : `${(value * 100).toFixed(1)}%`}</td>`;
  const rows = years.map(
    (year) => `<tr><td>${year}</td>${numbers.map((month) => cell(months.get(`${year}-${month}`))).join("")}</tr>`,
  );
  return `<table><tr><th>Year</th>${numbers.map((month) => `<th>${month}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

function shownEntry(name: string, value: unknown): [string, string][] {
  if (typeof value === "number") return [[name, String(Number(value.toPrecision(8)))]];
  return typeof value === "string" ? [[name, value]] : [];
}

function table(entries: readonly (readonly [string, string])[]): string {
  if (entries.length === 0) return "<p>None.</p>";
  const rows = entries.map(([name, value]) => `<tr><td>${escaped(name)}</td><td>${escaped(value)}</td></tr>`);
  return `<table>${rows.join("")}</table>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
