import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { DemoOutcome, DemoStep } from "../../cli/cli-services.ts";
import { analysisSchema } from "../../agents/analyze-strategy.ts";
import { lineChart } from "../../cli/terminal-chart.ts";
import { importDemoPrices } from "../../clients/data/demo-prices.ts";
import { processStartedAt } from "../../clients/process/process-identity.ts";
import { readConfig, type Config } from "../../config.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { demoReportHtml } from "../../web/demo-report.ts";
import { ControlClient } from "../control-client.ts";
import { connectOrStart } from "../desk-connection.ts";
import { connectDemoClient, type DemoClient } from "./demo-client.ts";
import { backtestSchema, dailySchema, pageSchema, strategySchema, type DemoFigures } from "./demo-figures.ts";
import { demoReport } from "./demo-report.ts";
import { createDemoHome } from "../desk-home.ts";
import { runHalt } from "../halt/run-halt.ts";
import { systemClock } from "../system.ts";
import { haltDemo } from "./halt-demo.ts";
import { tradeOnPaper, type PaperTradingParts } from "./paper-trading.ts";

export interface DemoRequest {
  readonly onStep: (step: DemoStep) => void;
  readonly signal: AbortSignal;
}

/** The first point is looked at first; the others are the grid around it. */
const GRID = [
  { fast: 20, slow: 200 },
  { fast: 10, slow: 100 },
  { fast: 20, slow: 100 },
  { fast: 10, slow: 200 },
  { fast: 50, slow: 200 },
] as const;
const START_CASH = 100_000;

/**
 * The main job, offline: a desk of its own, the vendored server, a strategy, backtests, analysis, report. It touches
 * no other data directory, asks nothing, and leaves no process behind.
 */
export async function runDemo(user: Config, request: DemoRequest): Promise<DemoOutcome> {
  const startedAt = systemClock.now();
  const config = demoConfig(user);
  const say = stepper(request);
  const data = await say(
    "real prices",
    () => importDemoPrices({ folder: join(config.dataDir, "data"), packageRoot: config.packageRoot }),
    (one) => `${one.ticker}: ${one.bars} daily bars, ${one.first} to ${one.last}${one.synthetic ? ", SYNTHETIC" : ""}`,
  );
  const desk = await say(
    "desk, local cloud and upstream",
    () => startDemoDesk(config),
    (one) => one.detail,
  );
  try {
    await using client = await say(
      "aggregated MCP server",
      () => connectDemoClient(config),
      (one) => `${one.server} serves ${one.tools.length} tools over stdio`,
    );
    const { control } = desk;
    const halt = (): ReturnType<PaperTradingParts["halt"]> => haltDemo((command) => runHalt(config, command));
    const found = await research(client, { data, say, request, control, halt });
    const audit = await say(
      "audit verified",
      () => verifiedAudit(desk.control),
      (one) => `${one.count} records hold together`,
    );
    const seconds = (systemClock.now() - startedAt) / 1e6;
    const about = { dataDir: config.dataDir, version: config.version, startCash: START_CASH };
    return finish({ ...found, data, audit, seconds, ...about });
  } finally {
    await desk.stop();
  }
}

/** The part that a client does: strategy, compile, backtests, analysis, and paper trading behind the gateway. */
async function research(
  client: DemoClient,
  parts: {
    readonly data: DemoFigures["data"];
    readonly say: Say;
    readonly request: DemoRequest;
    readonly control: ControlClient;
    readonly halt: PaperTradingParts["halt"];
  },
): Promise<Pick<DemoFigures, "statistics" | "benchmark" | "daily" | "analysis" | "paper">> {
  const { data, say, request } = parts;
  const { strategyId, projectId } = await say(
    "create_strategy",
    async () =>
      strategySchema.parse(
        await client.call("create_strategy", { name: "Demo crossing averages", template: "sma_cross" }),
      ),
    (one) => `project ${one.projectId}, main.py with ${one.lines} lines`,
  );
  await say(
    "qc_create_compile",
    () => compiled(client, projectId),
    (one) => one,
  );
  const fixed = { ticker: data.ticker, "qw-start": data.first, "qw-end": data.last, "qw-cash": START_CASH };
  const backtest = (name: string, parameters: Readonly<Record<string, string | number>>): Promise<Backtest> =>
    runOne(client, { request, strategyId, name, parameters: { ...fixed, ...parameters } });
  const [chosen, ...others] = GRID;
  const shown = (one: Backtest): string => summaryOf(one.statistics);
  const first = await say("run_backtest", () => backtest("first look", chosen), shown);
  for (const point of others) {
    const { fast, slow } = point;
    await say(`grid point fast=${fast} slow=${slow}`, () => backtest(`grid ${fast}/${slow}`, point), shown);
  }
  const analysis = await say(
    "analyze_strategy",
    async () => analysisSchema.parse(await client.call("analyze_strategy", { strategyId })),
    (one) => `${one.trials} trials; deflated Sharpe ${one.evidence.deflatedSharpe?.toFixed(3) ?? "n/a"}`,
  );
  const daily = await say(
    "run_result",
    () => dailyReturns(client, first.run.runId),
    (one) => `${one.length} daily returns in pages`,
  );
  const benchmark = await say(
    "get_market_data",
    () => benchmarkReturns(client, data),
    (one) => `${one.length} days of ${data.ticker} to compare with`,
  );
  const paper = await tradeOnPaper({
    client,
    control: parts.control,
    projectId,
    ticker: data.ticker,
    say,
    signal: request.signal,
    halt: parts.halt,
  });
  return { statistics: first.statistics ?? {}, benchmark, daily, analysis, paper };
}

/** Writes the HTML report beside the demo's data and makes the one for the terminal. */
function finish(figures: DemoFigures): DemoOutcome {
  const { dataDir, data, analysis, audit, seconds, statistics } = figures;
  const htmlFile = join(dataDir, "report.html");
  writeFileSync(htmlFile, demoReportHtml(figures), { mode: 0o600 });
  return {
    report: demoReport(figures, htmlFile, lineChart),
    htmlFile,
    dataDir,
    summary: {
      ...data,
      statistics,
      trials: analysis.trials,
      deflatedSharpe: analysis.evidence.deflatedSharpe,
      auditRecords: audit.count,
      seconds,
    },
  };
}

const compileSchema = z.looseObject({ compileId: z.string(), state: z.string() });

/** Compiles through the tools of the QuantConnect server, as a client that wants each step itself does. */
async function compiled(client: DemoClient, projectId: number): Promise<string> {
  let { compileId, state } = compileSchema.parse(await client.call("qc_create_compile", { projectId }));
  while (state === "InQueue") {
    await new Promise((resolve) => setTimeout(resolve, 200));
    ({ compileId, state } = compileSchema.parse(await client.call("qc_read_compile", { projectId, compileId })));
  }
  if (state !== "BuildSuccess") throw new RefusalError({ code: "BUILD_ERROR", message: `the template gives ${state}` });
  return `${state} (${compileId.slice(0, 8)}…)`;
}

/** A data directory of the demo's own; its secrets stay out of the user's keychain. */
function demoConfig(user: Config): Config {
  const folder = mkdtempSync(join(tmpdir(), "quantwright-demo-"));
  createDemoHome(folder);
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ vault: "file", profile: "local" }));
  return readConfig({
    environment: { QUANTWRIGHT_CACHE_DIR: user.cacheDir, QUANTWRIGHT_RUNTIME_DIR: user.runtimeDir },
    flags: { dataDir: folder },
    cwd: folder,
    isTerminal: false,
  });
}

type Say = <T>(title: string, work: () => Promise<T>, detail: (value: T) => string) => Promise<T>;

function stepper({ onStep, signal }: DemoRequest): Say {
  return async (title, work, detail) => {
    signal.throwIfAborted();
    onStep({ kind: "begin", title, detail: "" });
    const value = await work();
    onStep({ kind: "done", title, detail: detail(value) });
    return value;
  };
}

const statusSchema = z.looseObject({
  pid: z.int(),
  upstreams: z.array(z.looseObject({ name: z.string(), state: z.string(), tools: z.int() })),
});

async function startDemoDesk(
  config: Config,
): Promise<{ readonly control: ControlClient; readonly detail: string; stop(): Promise<void> }> {
  const { socket } = await connectOrStart(config, { kind: "cli", channel: "control" });
  const control = new ControlClient(socket);
  // Never answered: the desk ends when this connection does.
  control.request("ends-with-me").catch(() => undefined);
  const status = statusSchema.parse(await control.request("status"));
  const upstream = status.upstreams[0];
  return {
    control,
    detail: `pid ${status.pid}; ${upstream?.name ?? "?"} is ${upstream?.state ?? "?"} with ${upstream?.tools ?? 0} tools`,
    async stop() {
      await control.request("down").catch(() => undefined);
      await control[Symbol.asyncDispose]();
      for (let waited = 0; waited < 10_000 && processStartedAt(status.pid) !== undefined; waited += 50)
        await new Promise((resolve) => setTimeout(resolve, 50));
    },
  };
}

type Backtest = z.infer<typeof backtestSchema>;

async function runOne(
  client: DemoClient,
  work: {
    readonly request: DemoRequest;
    readonly strategyId: string;
    readonly name: string;
    readonly parameters: Readonly<Record<string, string | number>>;
  },
): Promise<Backtest> {
  const { request, ...args } = work;
  let answer = backtestSchema.parse(await client.call("run_backtest", args));
  while (answer.run.state === "queued" || answer.run.state === "running") {
    request.signal.throwIfAborted();
    request.onStep({ kind: "progress", title: work.name, detail: answer.run.note, fraction: answer.run.progress });
    answer = backtestSchema.parse({
      ...answer,
      ...(await client.call("run_status", { runId: answer.run.runId, version: answer.run.version })),
    });
  }
  if (answer.run.error !== null)
    throw new RefusalError({ code: answer.run.error.code, message: answer.run.error.message });
  if (answer.error !== undefined) throw new RefusalError({ code: "ALGORITHM_ERROR", message: answer.error });
  if (answer.statistics !== undefined) return answer;
  const { content } = pageSchema.parse(
    await client.call("run_result", { runId: answer.run.runId, section: "statistics" }),
  );
  return { ...answer, statistics: z.record(z.string(), z.coerce.string()).parse(content) };
}

async function dailyReturns(client: DemoClient, runId: string): Promise<z.infer<typeof dailySchema>> {
  const days: z.infer<typeof dailySchema> = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const answer = pageSchema.parse(await client.call("run_result", { runId, section: "dailyReturns", page }));
    days.push(...dailySchema.parse(answer.content));
    pages = answer.pages;
  }
  return days;
}

const barsSchema = z.looseObject({
  bars: z.array(z.looseObject({ date: z.string(), close: z.number() })).optional(),
  resultRef: z.looseObject({ resultRef: z.string() }).optional(),
});

/** A long answer comes as a reference; its pages are read as any client would. */
async function benchmarkReturns(
  client: DemoClient,
  data: { readonly ticker: string; readonly first: string; readonly last: string },
): Promise<z.infer<typeof dailySchema>> {
  const answer = barsSchema.parse(
    await client.call("get_market_data", { ticker: data.ticker, start: data.first, end: data.last, limit: 5000 }),
  );
  const bars = [...(answer.bars ?? [])];
  if (answer.resultRef !== undefined) {
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const part = pageSchema.parse(
        await client.call("run_result", { resultRef: answer.resultRef.resultRef, section: "bars", page }),
      );
      bars.push(...(barsSchema.shape.bars.parse(part.content) ?? []));
      pages = part.pages;
    }
  }
  return bars
    .slice(1)
    .map((bar, index) => ({ date: bar.date, return: bar.close / (bars[index]?.close ?? bar.close) - 1 }));
}

/** The kill switch, as the command runs it. */
async function verifiedAudit(control: ControlClient): Promise<{ readonly count: number; readonly head: string }> {
  const verdict = z
    .union([
      z.object({ ok: z.literal(true), count: z.int(), head: z.string() }),
      z.object({ ok: z.literal(false), seq: z.int(), fault: z.string() }),
    ])
    .parse(await control.request("audit.verify"));
  if (!verdict.ok) throw new RefusalError({ code: "AUDIT_BROKEN", message: `record ${verdict.seq}: ${verdict.fault}` });
  return verdict;
}

function summaryOf(statistics: Readonly<Record<string, string>> | undefined): string {
  return `Sharpe ${statistics?.["Sharpe Ratio"] ?? "?"}, net profit ${statistics?.["Net Profit"] ?? "?"}, drawdown ${statistics?.["Drawdown"] ?? "?"}`;
}
