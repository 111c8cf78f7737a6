/** What the page shows. Structural, so that this folder needs nothing of the demo. */
export interface ReportFigures {
  readonly data: {
    readonly ticker: string;
    readonly source: string;
    readonly synthetic: boolean;
    readonly first: string;
    readonly last: string;
    readonly bars: number;
    readonly notes: readonly string[];
  };
  readonly statistics: Readonly<Record<string, string>>;
  readonly benchmark: readonly { readonly date: string; readonly return: number }[];
  readonly daily: readonly { readonly date: string; readonly return: number }[];
  readonly analysis: {
    readonly trials: number;
    readonly chosen: { readonly trialId: string; readonly period: string };
    readonly performance: { readonly maximumDrawdown: number; readonly annualSharpe: number | null };
    readonly evidence: {
      readonly probabilisticSharpe: number | null;
      readonly deflatedSharpe: number | null;
      readonly verdict: string;
    };
    readonly grid: readonly {
      readonly trialId: string;
      readonly parameters: Readonly<Record<string, string>>;
      readonly annualSharpe: number | null;
      readonly totalReturn: number;
    }[];
  };
  /** Paper trading: what was asked, approved, refused and halted. */
  readonly paper: {
    readonly operator: string;
    readonly approvals: number;
    readonly order: string;
    readonly beyondLimits: string;
    readonly halted: string;
    readonly afterHalt: string;
  };
  readonly audit: { readonly count: number; readonly head: string };
  readonly version: string;
  readonly startCash: number;
}

const CHART = { width: 1000, height: 300, left: 70, bottom: 26, top: 12 } as const;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function growth(
  daily: readonly { readonly date: string; readonly return: number }[],
  start: number,
): { readonly date: string; readonly value: number }[] {
  let value = start;
  return daily.map((day) => ({ date: day.date, value: (value *= 1 + day.return) }));
}

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly { readonly date: string; readonly value: number }[];
}

/** Lines over one time axis, as inline SVG with a scale and a legend. */
function chart(lines: readonly Line[], format: (value: number) => string): string {
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const dates = [...new Set(lines.flatMap(({ points }) => points.map(({ date }) => date)))].sort();
  const low = Math.min(...values);
  const high = Math.max(...values);
  const at = new Map(dates.map((date, index) => [date, index]));
  const x = (date: string): number =>
    CHART.left + ((at.get(date) ?? 0) / Math.max(1, dates.length - 1)) * (CHART.width - CHART.left - 10);
  const y = (value: number): number =>
    CHART.top + (1 - (value - low) / (high - low || 1)) * (CHART.height - CHART.top - CHART.bottom);
  const paths = lines.map(
    ({ colour, points }) =>
      `<path d="${points.map((point, index) => `${index === 0 ? "M" : "L"}${x(point.date).toFixed(1)} ${y(point.value).toFixed(1)}`).join("")}" stroke="${colour}" fill="none" stroke-width="1.6"/>`,
  );
  const ticks = [0, 0.25, 0.5, 0.75, 1]
    .map((part) => low + part * (high - low))
    .map(
      (value) =>
        `<line x1="${CHART.left}" x2="${CHART.width - 10}" y1="${y(value)}" y2="${y(value)}" class="grid"/><text x="${CHART.left - 8}" y="${y(value) + 4}" text-anchor="end">${escaped(format(value))}</text>`,
    );
  const years = dates
    .filter((date, index) => index === 0 || date.slice(0, 4) !== dates[index - 1]?.slice(0, 4))
    .map((date) => `<text x="${x(date)}" y="${CHART.height - 6}">${date.slice(0, 4)}</text>`);
  const legend = lines
    .map(({ name, colour }) => `<span><i style="background:${colour}"></i>${escaped(name)}</span>`)
    .join("");
  return `<div class="legend">${legend}</div><svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img">${ticks.join("")}${paths.join("")}${years.join("")}</svg>`;
}

function drawdown(
  points: readonly { readonly date: string; readonly value: number }[],
): { readonly date: string; readonly value: number }[] {
  let peak = -Infinity;
  return points.map(({ date, value }) => {
    peak = Math.max(peak, value);
    return { date, value: value / peak - 1 };
  });
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1040px;padding:24px;color:#1c2733;background:#fbfcfd}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 8px}p{margin:4px 0}.warn{background:#fff4d6;border-left:4px solid #d9a406;padding:8px 12px;margin:10px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:10px;margin:16px 0}.card{background:#fff;border:1px solid #dde4ea;border-radius:8px;padding:10px 12px}
.card b{display:block;font-size:20px}.card span{color:#5c6b7a;font-size:13px}svg{width:100%;background:#fff;border:1px solid #dde4ea;border-radius:8px}
svg text{font:12px system-ui;fill:#5c6b7a}.grid{stroke:#edf1f4}table{border-collapse:collapse;width:100%;background:#fff}td,th{border:1px solid #dde4ea;padding:5px 10px;text-align:left}
th{background:#f2f5f8}.legend span{margin-right:18px}.legend i{display:inline-block;width:12px;height:3px;margin:0 6px 4px 0}.best{background:#e8f6ee}`;

/** The demo's report as one HTML file: no script, nothing loaded from anywhere. */
export function demoReportHtml(figures: ReportFigures): string {
  const { data, analysis, statistics } = figures;
  const strategy = growth(figures.daily, figures.startCash);
  const hold = growth(figures.benchmark, figures.startCash);
  const card = (name: string, value: string): string =>
    `<div class="card"><b>${escaped(value)}</b><span>${escaped(name)}</span></div>`;
  const cards = [
    "Net Profit",
    "Compounding Annual Return",
    "Drawdown",
    "Sharpe Ratio",
    "Total Orders",
    "Total Fees",
  ].map((name) => card(name, statistics[name] ?? "n/a"));
  const deflated = card(
    `Deflated Sharpe ratio of the best of ${analysis.trials} trials`,
    analysis.evidence.deflatedSharpe?.toFixed(3) ?? "n/a",
  );
  const grid = analysis.grid.map(
    (point) =>
      `<tr${point.trialId === analysis.chosen.trialId ? ' class="best"' : ""}><td>${escaped(point.parameters["fast"] ?? "?")}</td><td>${escaped(point.parameters["slow"] ?? "?")}</td><td>${point.annualSharpe?.toFixed(2) ?? "n/a"}</td><td>${(point.totalReturn * 100).toFixed(2)} %</td></tr>`,
  );
  const rows = Object.entries(statistics).map(
    ([name, value]) => `<tr><td>${escaped(name)}</td><td>${escaped(value)}</td></tr>`,
  );
  const warnings = [
    ...(data.synthetic ? ["The prices are SYNTHETIC: made by a seeded generator."] : []),
    ...data.notes,
  ].map((note) => `<p class="warn">${escaped(note)}</p>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Quantwright demo: ${escaped(data.ticker)}</title><style>${STYLE}</style></head><body>
<h1>Crossing averages on ${escaped(data.ticker)}</h1>
<p>${escaped(data.first)} to ${escaped(data.last)}, ${data.bars} daily bars. Source: ${escaped(data.source)}.</p>
${warnings.join("\n")}
<div class="cards">${cards.join("")}${deflated}</div>
<h2>Growth of ${figures.startCash.toLocaleString("en-US")} USD</h2>
${chart(
  [
    { name: "strategy (first backtest)", colour: "#1769aa", points: strategy },
    { name: "buy and hold", colour: "#9aa7b4", points: hold },
  ],
  (value) => Math.round(value).toLocaleString("en-US"),
)}
<h2>Drawdown</h2>
${chart(
  [
    { name: "strategy", colour: "#b3362c", points: drawdown(strategy) },
    { name: "buy and hold", colour: "#9aa7b4", points: drawdown(hold) },
  ],
  (value) => `${(value * 100).toFixed(0)} %`,
)}
<h2>Every trial</h2>
<table><tr><th>fast</th><th>slow</th><th>annual Sharpe ratio (no risk-free rate)</th><th>return</th></tr>${grid.join("")}</table>
<p>${escaped(analysis.evidence.verdict)}.</p>
<h2>The door</h2>
<p>Operator ${escaped(figures.paper.operator)} signed ${figures.paper.approvals} approvals. ${escaped(figures.paper.order)}.</p>
<p>Beyond limits: ${escaped(figures.paper.beyondLimits)}</p>
<p>Halt: ${escaped(figures.paper.halted)}; after it: ${escaped(figures.paper.afterHalt)}</p>
<p>Audit: ${figures.audit.count} records verified; head <code>${escaped(figures.audit.head)}</code>.</p>
<h2>Statistics of the first backtest</h2>
<table>${rows.join("")}</table>
<p>Made by Quantwright ${escaped(figures.version)}. A backtest is not a promise: past prices, modelled fills.</p>
</body></html>
`;
}
