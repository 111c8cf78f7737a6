/**
 * `npm run bench [-- --json]`: measures the engine against its goals and against another engine in the same run. Each
 * measurement has its own file; what it gives is added to the list below.
 */
import { mkdtempDisposable } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSandboxPool } from "../src/clients/sandbox/sandbox-pool.ts";
import { measureAudit } from "./audit.ts";
import { measureCloudReads } from "./cloud-reads.ts";
import { measureDailyBacktest } from "./daily-backtest.ts";
import { measureDesk } from "./desk.ts";
import { measureEngine } from "./engine-throughput.ts";
import type { Figure, Measurement } from "./figure.ts";
import { measureHalt } from "./halt.ts";
import { measureLivePaper } from "./live-paper.ts";
import { measureRiskDecision } from "./risk-decision.ts";
import { measureRelay } from "./relay.ts";
import { SHIPPED_DATA, generateMarket } from "./generated-market.ts";

const CACHE = fileURLToPath(new URL("../.cache/bench", import.meta.url));

function log(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

async function measureAll(): Promise<readonly Measurement[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "quantwright-bench-"));
  await generateMarket(folder.path);
  await using pool = createSandboxPool({
    dataFolders: [folder.path, SHIPPED_DATA],
    cacheFolder: CACHE,
    nodePath: process.execPath,
    concurrency: 1,
    log,
  });
  // The first sandbox may have to make the interpreter's snapshot.
  await pool.compile({ "main.py": "x = 1\n" });
  return [
    await measureEngine(pool, folder.path, log),
    await measureDailyBacktest(pool, log),
    await measureDesk(folder.path, CACHE, log),
    await measureRelay(log),
    await measureCloudReads(CACHE, log),
    await measureLivePaper(log),
    measureRiskDecision(log),
    await measureAudit(log),
    await measureHalt(log),
  ];
}

function text({ title, figures, skipped }: Measurement): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(
    ({ name, value, unit, goal }) =>
      `  ${name.padEnd(width)}  ${shown(value).padStart(10)} ${unit}${goal === undefined ? "" : `  (goal ${goal})`}`,
  );
  const notice = skipped === undefined ? [] : [`  SKIPPED: ${skipped}`];
  return [title, ...lines, ...notice, ""].join("\n");
}

function shown(value: Figure["value"]): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

const machine = {
  node: process.version,
  platform: process.platform,
  arch: process.arch,
  cores: availableParallelism(),
};
const measurements = await measureAll();
const isJson = process.argv.includes("--json");
const table = `Node ${machine.node}, ${machine.cores} cores, ${machine.platform} ${machine.arch}; medians\n\n${measurements.map(text).join("\n")}`;
process.stdout.write(isJson ? `${JSON.stringify({ machine, measurements }, null, 2)}\n` : table);
