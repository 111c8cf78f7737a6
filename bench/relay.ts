import { existsSync, readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { median, type Figure, type Log, type Measurement } from "./figure.ts";
import { openHttp, openStdio, type RawClient } from "./raw-mcp-client.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NODE = process.execPath;
const ECHO = [NODE, join(ROOT, "bench", "echo-server.ts")] as const;
const PROGRAM = join(ROOT, "dist", "main.js");
const BARE = join(ROOT, "bench", "bare-relay.ts");
const MCP_PROXY = join(ROOT, "node_modules", "mcp-proxy", "dist", "bin", "mcp-proxy.mjs");
const SUPERGATEWAY = join(ROOT, "node_modules", "supergateway", "dist", "index.js");
const WARM_UP = 300;
const ROUNDS = 1500;
const MANY = 100_000;
const PARTS = 20;
const SOAKS = 3;
const IN_FLIGHT = 32;
const RECORD_BYTES = 1000;
const MEBIBYTE = 1024 * 1024;
const CALL = { name: "echo", arguments: { text: "some text of a usual length", count: 3 } };

/**
 * The relay against a direct call, against a relay of forty lines on the same library, and against others from npm. All
 * are in front of the same small server; calls go round robin, so that what else the machine does hits all alike.
 */
export async function measureRelay(log: Log): Promise<Measurement> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "quantwright-bench-relay-"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path, QUANTWRIGHT_HOME: join(folder.path, "home") };
  const missing = [MCP_PROXY, SUPERGATEWAY].filter((file) => !existsSync(file));
  return {
    title: "relay (one server on standard streams behind it)",
    figures: [...(await overStdio(env, log)), ...(await overHttp(env, log))],
    ...(missing.length === 0 ? {} : { skipped: `not installed: ${missing.join(", ")}` }),
  };
}

async function overStdio(env: NodeJS.ProcessEnv, log: Log): Promise<Figure[]> {
  log("relays on standard streams");
  await using stack = new AsyncDisposableStack();
  const direct = stack.use(await openStdio(NODE, ECHO.slice(1), env));
  const forty = stack.use(await openStdio(NODE, [join(ROOT, "bench", "forty-line-relay.ts"), ...ECHO], env));
  const bare = stack.use(await openStdio(NODE, [BARE, ...ECHO], env));
  const ours = stack.use(await openStdio(NODE, [PROGRAM, "relay", "--allow-all", "--", ...ECHO], env));
  const [base = 0, simple = 0, alone = 0, whole = 0] = await medians([direct, forty, bare, ours]);
  const figures: Figure[] = [
    { name: "direct call, p50", value: base, unit: "ms" },
    { name: "added by forty lines on the library, p50", value: simple - base, unit: "ms" },
    { name: "added by the relay alone, p50", value: alone - base, unit: "ms" },
    {
      name: "the relay alone against the forty lines",
      value: (alone - base) / (simple - base),
      unit: "x",
      goal: "<= 1.0",
    },
    { name: "added by policy, checks and durable record, p50", value: whole - alone, unit: "ms", goal: "<= 0.8" },
  ];
  const synced = syncedCommit(env["HOME"] ?? tmpdir());
  figures.push(
    { name: "one synced commit of such a record, p50", value: synced, unit: "ms" },
    { name: "policy, checks and durable record against that commit", value: (whole - alone) / synced, unit: "x" },
  );
  for (const [name, client] of [
    ["relay alone", bare],
    ["relay with policy and record", ours],
  ] as const) {
    log(`${SOAKS} times ${MANY} calls at ${IN_FLIGHT} in flight: ${name}`);
    // A heap takes its size in the first parts, when the collector sees fit; what leaks grows in the last one too.
    const parts: Soak[] = [];
    for (let part = 0; part < SOAKS; part += 1) parts.push(await soak(client));
    const [before, last] = parts.slice(-2) as [Soak, Soak];
    figures.push(
      { name: `calls a second at 32 in flight, ${name}`, value: last.rate, unit: "calls/s", goal: ">= 4,000" },
      { name: `memory after ${SOAKS * MANY} calls, ${name}`, value: last.most, unit: "MiB" },
      {
        name: `memory grown over the last 100,000 of them, ${name}`,
        value: last.most - before.most,
        unit: "MiB",
        goal: "<= 4",
      },
    );
  }
  return figures;
}

interface Soak {
  /** Calls a second. */
  readonly rate: number;
  /** The most memory that the relay had meanwhile, in MiB. */
  readonly most: number;
}

async function soak(client: RawClient): Promise<Soak> {
  let seconds = 0;
  let most = 0;
  for (let part = 0; part < PARTS; part += 1) {
    seconds += await inFlight(client, MANY / PARTS);
    most = Math.max(most, residentMebibytes(client.pid));
  }
  return { rate: MANY / seconds, most };
}

/** The floor of a durable record, in ms: SQLite writes one of the usual size, and syncs it. */
function syncedCommit(folder: string): number {
  using database = new DatabaseSync(join(folder, "floor.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE floor (record TEXT)");
  const insert = database.prepare("INSERT INTO floor VALUES (?)");
  const record = "x".repeat(RECORD_BYTES);
  const times = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    insert.run(record);
    return performance.now() - startedAt;
  });
  return median(times);
}

async function overHttp(env: NodeJS.ProcessEnv, log: Log): Promise<Figure[]> {
  log("relays over HTTP");
  await using stack = new AsyncDisposableStack();
  const open = async (args: readonly string[], url?: string): Promise<RawClient> =>
    stack.use(await openHttp(NODE, args, { env, ...(url === undefined ? {} : { url }) }));
  const clients = [
    await open([join(ROOT, "bench", "http-floor.ts"), ...ECHO]),
    await open([BARE, "--http", ...ECHO]),
    await open([PROGRAM, "relay", "--allow-all", "--http", "0", "--", ...ECHO]),
  ];
  const names = ["the relay alone", "the relay with policy and record"];
  if (existsSync(MCP_PROXY)) {
    const port = await freePort();
    const args = [MCP_PROXY, "--host", "127.0.0.1", "--port", String(port), "--server", "stream", "--", ...ECHO];
    clients.push(await open(args, `http://127.0.0.1:${port}/mcp`));
    names.push("mcp-proxy");
  }
  if (existsSync(SUPERGATEWAY)) {
    const port = await freePort();
    const serve = [
      "--stdio",
      ECHO.join(" "),
      "--outputTransport",
      "streamableHttp",
      "--stateful",
      "--logLevel",
      "none",
    ];
    clients.push(await open([SUPERGATEWAY, ...serve, "--port", String(port)], `http://127.0.0.1:${port}/mcp`));
    names.push("supergateway");
  }
  const [floor = 0, ...others] = await medians(clients);
  return [
    { name: "floor over HTTP, p50", value: floor, unit: "ms" },
    ...others.map((value, index) => ({
      name: `added by ${names[index] ?? ""}, p50`,
      value: value - floor,
      unit: "ms",
      ...(index === 0 ? { goal: "<= 0.6" } : {}),
    })),
  ];
}

/** The median of one call after another of each client, in milliseconds. */
async function medians(clients: readonly RawClient[]): Promise<number[]> {
  const times = clients.map(() => [] as number[]);
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    for (const [index, client] of clients.entries()) {
      const startedAt = performance.now();
      await client.ask("tools/call", CALL);
      if (round >= WARM_UP) times[index]?.push(performance.now() - startedAt);
    }
  }
  return times.map(median);
}

/** Seconds that so many calls take with 32 of them under way. */
async function inFlight(client: RawClient, calls: number): Promise<number> {
  let left = calls;
  const startedAt = performance.now();
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.ask("tools/call", CALL);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return (performance.now() - startedAt) / 1000;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function residentMebibytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return (pages * 4096) / MEBIBYTE;
}
