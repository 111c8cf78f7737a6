import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { runCloud } from "../src/app/run-cloud.ts";
import { readConfig } from "../src/config.ts";
import { type OpenCloudStore, openCloudStore } from "../src/store/cloud/cloud-store.ts";
import { sampleResult } from "../test/cloud/support/sample-result.ts";
import type { Log, Measurement } from "./figure.ts";

const PROJECTS = 1000;
const BACKTESTS = 10_000;
const PER_SECOND = 200;
const SECONDS = 20;
const TOKEN = "bench-token-of-a-local-cloud";
const CLIENT = fileURLToPath(new URL("cloud-load-client.ts", import.meta.url));
const loadSchema = z.object({ latencies: z.array(z.number()), failed: z.int() });

interface Seeded {
  readonly projects: readonly number[];
  readonly backtests: readonly (readonly [projectId: number, backtestId: string])[];
}

/** Reads of a cloud with many projects and backtests, beside a bare HTTP server in the same run. */
export async function measureCloudReads(cacheDir: string, log: Log): Promise<Measurement> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "quantwright-bench-cloud-"));
  log(`seeding ${PROJECTS} projects and ${BACKTESTS} backtests`);
  const seeded = await seed(folder.path);
  const environment = { QUANTWRIGHT_CACHE_DIR: cacheDir };
  const flags = { dataDir: join(folder.path, "home") };
  const config = readConfig({ environment, flags, cwd: folder.path, isTerminal: false });
  await using cloud = await runCloud(config, {
    folder: folder.path,
    host: "127.0.0.1",
    port: 0,
    userId: "1",
    token: TOKEN,
    organizationId: "0".repeat(32),
    nodes: 1,
    dataPolicy: undefined,
    log: () => undefined,
  });
  const requests = readsOf(seeded, cloud.url);
  log(`reading ${PER_SECOND} times a second for ${SECONDS} s`);
  const planFile = join(folder.path, "plan.json");
  const reads = await load(requests, planFile);
  const floor = await floorOf(planFile);
  const millisecond = (name: string, value: number, goal?: string): Measurement["figures"][number] => ({
    name,
    value,
    unit: "ms",
    ...(goal === undefined ? {} : { goal }),
  });
  return {
    title: `Reads of the local cloud: ${PROJECTS} projects, ${BACKTESTS} backtests, ${PER_SECOND} requests/s`,
    figures: [
      millisecond("p50", quantile(reads.latencies, 0.5), "< 5"),
      millisecond("p99", quantile(reads.latencies, 0.99), "< 30"),
      millisecond("p50 of a bare HTTP server (floor)", quantile(floor.latencies, 0.5)),
      millisecond("p99 of a bare HTTP server (floor)", quantile(floor.latencies, 0.99)),
      { name: "requests not answered with success", value: reads.failed, unit: "", goal: "0" },
    ],
  };
}

async function seed(folder: string): Promise<Seeded> {
  await using store = await openCloudStore(folder);
  const projects: number[] = [];
  const backtests: [number, string][] = [];
  for (let number = 0; number < PROJECTS; number += 1) {
    const files = { "main.py": `x = ${number}\n`.repeat(50), "research.ipynb": "{}" };
    const { projectId } = await store.projects.create({
      name: `Project ${number}`,
      language: "Py",
      files,
      now: number,
    });
    projects.push(projectId);
  }
  for (let number = 0; number < BACKTESTS; number += 1) {
    backtests.push(await seedBacktest(store, projects[number % PROJECTS] ?? 0, number));
  }
  return { projects, backtests };
}

async function seedBacktest(store: OpenCloudStore, projectId: number, number: number): Promise<[number, string]> {
  const backtestId = createHash("md5").update(String(number)).digest("hex");
  const compileId = `compile-${projectId}`;
  if (number < PROJECTS) {
    const report = { ok: true, diagnostics: [] };
    await store.compiles.create({
      compileId,
      projectId,
      signature: "s",
      files: { "main.py": "x" },
      now: number,
      report,
    });
  }
  const rest = { name: `Backtest ${number}`, parameters: {}, parameterSet: { fast: number }, now: number };
  await store.backtests.create({ backtestId, projectId, compileId, ...rest });
  await store.backtests.claimNext(number);
  // A tenth have results of their own; equal contents lie on disk once.
  const result = sampleResult({ dataPoints: number, logs: [`run ${number % (BACKTESTS / 10)}`] });
  await store.backtests.finish(backtestId, result, number);
  return [projectId, backtestId];
}

/** What clients poll, in turn: states, lists, files, charts, orders, logs. */
function readsOf({ projects, backtests }: Seeded, url: string): { url: string; body: string }[] {
  const kinds: readonly ((at: number) => [string, Record<string, unknown>])[] = [
    (at) => ["/backtests/read", one(at)],
    (at) => ["/projects/read", { projectId: projects[at % PROJECTS] }],
    (at) => ["/backtests/list", { projectId: projects[at % PROJECTS], includeStatistics: true }],
    (at) => ["/files/read", { projectId: projects[at % PROJECTS] }],
    (at) => ["/backtests/orders/read", { ...one(at), start: 0, end: 100 }],
    (at) => ["/backtests/chart/read", { ...one(at), name: "Strategy Equity", count: 100 }],
    (at) => ["/backtests/read/log", { ...one(at), start: 0, end: 200 }],
    (at) => ["/projects/read", { start: at % PROJECTS, end: (at % PROJECTS) + 20 }],
    (at) => ["/projects/nodes/read", { projectId: projects[at % PROJECTS] }],
  ];
  const one = (at: number): Record<string, unknown> => {
    const [projectId, backtestId] = backtests[(at * 7919) % BACKTESTS] ?? [];
    return { projectId, backtestId };
  };
  return Array.from({ length: 900 }, (_, at) => {
    const [path, body] = kinds[at % kinds.length]?.(at) ?? ["/authenticate", {}];
    return { url: `${url}${path}`, body: JSON.stringify(body) };
  });
}

async function load(
  requests: readonly { url: string; body: string }[],
  planFile: string,
): Promise<z.output<typeof loadSchema>> {
  const stamp = String(Math.floor(Date.now() / 1000));
  const hash = createHash("sha256").update(`${TOKEN}:${stamp}`).digest("hex");
  const headers = { authorization: `Basic ${Buffer.from(`1:${hash}`).toString("base64")}`, timestamp: stamp };
  writeFileSync(planFile, JSON.stringify({ perSecond: PER_SECOND, seconds: SECONDS, headers, requests }));
  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, planFile], { maxBuffer: 64 * 1024 * 1024 });
  return loadSchema.parse(JSON.parse(stdout));
}

/** The same load on a server that answers at once. */
async function floorOf(planFile: string): Promise<z.output<typeof loadSchema>> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end('{"success":true}'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // An address of a TCP server is never text.
  const { port } = server.address() as AddressInfo;
  try {
    return await load([{ url: `http://127.0.0.1:${port}/`, body: "{}" }], planFile);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
