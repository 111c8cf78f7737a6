import { shortened } from "../../domain/shortened.ts";
import type { DemoFigures } from "./demo-figures.ts";

type Chart = (values: readonly number[], size: { readonly width: number; readonly height: number }) => string;

const WIDTH = 84;

function equity(daily: readonly { readonly return: number }[], start: number): number[] {
  let value = start;
  return daily.map((day) => (value *= 1 + day.return));
}

function percent(value: number | null): string {
  return value === null ? "n/a" : `${(value * 100).toFixed(2)} %`;
}

function ruler(title: string): string {
  return `\n── ${title} ${"─".repeat(Math.max(4, WIDTH - title.length))}`;
}

/** The demo's report for a terminal. Every figure is one that a tool of the aggregated server gave. */
export function demoReport(figures: DemoFigures, htmlFile: string, chart: Chart): string {
  const { data, analysis, daily } = figures;
  const { performance, evidence, chosen } = analysis;
  const shown = [
    "Total Orders",
    "Net Profit",
    "Compounding Annual Return",
    "Drawdown",
    "Sharpe Ratio",
    "Sortino Ratio",
    "Probabilistic Sharpe Ratio",
    "Alpha",
    "Beta",
    "Total Fees",
    "Portfolio Turnover",
  ];
  const grid = analysis.grid.map(
    (point) =>
      `  fast ${(point.parameters["fast"] ?? "?").padStart(3)}  slow ${(point.parameters["slow"] ?? "?").padStart(3)}   Sharpe ${(point.annualSharpe?.toFixed(2) ?? "n/a").padStart(6)}   return ${percent(point.totalReturn).padStart(9)}${point.trialId === chosen.trialId ? "   ← best" : ""}`,
  );
  return [
    ruler(`Equity of the first backtest, ${data.ticker}${data.synthetic ? " (SYNTHETIC PRICES)" : ""}`),
    chart(equity(daily, figures.startCash), { width: WIDTH - 14, height: 9 }),
    `${" ".repeat(13)}${daily[0]?.date ?? ""}${(daily.at(-1)?.date ?? "").padStart(WIDTH - 24)}`,
    ruler("Buying and holding the same"),
    chart(equity(figures.benchmark, figures.startCash), { width: WIDTH - 14, height: 5 }),
    ruler("Statistics, as LEAN names them"),
    ...shown.map((name) => `  ${name.padEnd(30)}${figures.statistics[name] ?? "n/a"}`),
    ruler(`The grid: ${analysis.trials} trials (Sharpe ratios here have no risk-free rate)`),
    ...grid,
    ruler("What the evidence says"),
    `  best trial                    ${Object.entries(chosen.parameters)
      .filter(([name]) => name === "fast" || name === "slow")
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}, ${chosen.period}`,
    `  annual return / deviation     ${percent(performance.annualReturn)} / ${percent(performance.annualDeviation)}`,
    `  greatest drawdown             ${percent(performance.maximumDrawdown)}   worst day ${performance.worstDay ?? "n/a"}`,
    `  probabilistic Sharpe ratio    ${evidence.probabilisticSharpe?.toFixed(4) ?? "n/a"}`,
    `  deflated Sharpe ratio         ${evidence.deflatedSharpe?.toFixed(4) ?? "n/a"}`,
    `  verdict                       ${evidence.verdict}`,
    ruler("The door"),
    `  approvals                     ${figures.paper.approvals}, signed by ${figures.paper.operator}, an operator of this demo`,
    `  order                         ${figures.paper.order}`,
    `  beyond limits                 ${shortened(figures.paper.beyondLimits, 84)}`,
    `  halt                          ${figures.paper.halted}`,
    `  after the halt                ${shortened(figures.paper.afterHalt, 84)}`,
    `  audit                         ${figures.audit.count} records verified, head ${figures.audit.head.slice(0, 16)}…`,
    ruler("The data"),
    `  ${data.source}`,
    ...data.notes.map((note) => `  ! ${note}`),
    ruler("Next"),
    `  report with charts            ${htmlFile}`,
    `  look around                   npx quantwright trials --data-dir ${figures.dataDir}`,
    `  the tools from the shell      npx quantwright tools list`,
    `  Claude Desktop                npx quantwright install claude-desktop`,
    `  your own algorithm            npx quantwright backtest FILE.py --data FOLDER`,
    `  what is missing here          npx quantwright doctor`,
    "",
    `Done in ${figures.seconds.toFixed(0)} s. The demo's desk has stopped; nothing of yours was touched.`,
  ].join("\n");
}
