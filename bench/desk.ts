import { mkdtempDisposable } from "node:fs/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import { connectOrStart } from "../src/app/desk-connection.ts";
import { ControlClient } from "../src/app/control-client.ts";
import { runCloud } from "../src/app/run-cloud.ts";
import { readConfig, type Config } from "../src/config.ts";
import { TEN_YEARS } from "./generated-market.ts";
import { median, type Log, type Measurement } from "./figure.ts";

const CALLS = 300;
const STARTS = 5;
const MEBIBYTE = 1024 * 1024;
const statusSchema = z.looseObject({ pid: z.int(), upstreams: z.array(z.looseObject({ pid: z.int().nullable() })) });
const backtestSchema = z.looseObject({
  run: z.looseObject({ runId: z.string(), state: z.string(), version: z.int() }),
});

/** The desk: start of `serve`, what the gateway adds to a read, a backtest from call to result, memory. */
export async function measureDesk(dataFolder: string, cacheDir: string, log: Log): Promise<Measurement> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "quantwright-bench-desk-"));
  writeFileSync(join(folder.path, "settings.json"), JSON.stringify({ vault: "file", dataFolder }));
  const environment = { QUANTWRIGHT_CACHE_DIR: cacheDir, QUANTWRIGHT_RUNTIME_DIR: join(folder.path, "run") };
  const config = readConfig({ environment, flags: { dataDir: folder.path }, cwd: folder.path, isTerminal: false });
  log("starting a desk");
  const control = new ControlClient((await connectOrStart(config, { kind: "cli", channel: "control" })).socket);
  try {
    const status = statusSchema.parse(await control.request("status"));
    const starts: number[] = [];
    for (let round = 0; round < STARTS; round += 1) starts.push(await serveToTools(config, environment));
    log("reads through the gateway and directly");
    const { direct, through, toolsBytes } = await readLatencies(config, environment);
    log("ten years of daily bars through run_backtest");
    const backtests = [
      await throughDesk(config, environment),
      await throughDesk(config, environment),
      await throughDesk(config, environment),
    ];
    return {
      title: "desk (warm)",
      figures: [
        { name: "serve to first tools/list", value: median(starts) / 1000, unit: "s", goal: "< 0.7" },
        { name: "read tool, vendored server directly", value: median(direct), unit: "ms" },
        { name: "read tool, through serve and gateway", value: median(through), unit: "ms" },
        {
          name: "added by serve and gateway, against direct",
          value: (median(through) - median(direct)) / median(direct),
          unit: "x",
          goal: "<= 3",
        },
        {
          name: "ten years of daily bars, run_backtest to result",
          value: median(backtests) / 1000,
          unit: "s",
          goal: "< 3",
        },
        { name: "tools/list of toolset desk", value: toolsBytes / 4, unit: "tokens", goal: "< 8000" },
        { name: "desk resident", value: residentMebibytes(status.pid), unit: "MiB", goal: "< 350" },
      ],
    };
  } finally {
    await control.request("down").catch(() => undefined);
    await control[Symbol.asyncDispose]();
  }
}

async function connect(command: string, args: string[], env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: "bench", version: "1" }, { capabilities: {} });
  await client.connect(new StdioClientTransport({ command, args, env, stderr: "ignore" }));
  return client;
}

function serve(config: Config, env: Record<string, string>): Promise<Client> {
  return connect(
    config.nodePath,
    [join(config.packageRoot, "dist", "main.js"), "serve", "--data-dir", config.dataDir, "--toolset", "full"],
    env,
  );
}

async function serveToTools(config: Config, env: Record<string, string>): Promise<number> {
  const startedAt = performance.now();
  const client = await serve(config, env);
  await client.listTools();
  const took = performance.now() - startedAt;
  await client.close();
  return took;
}

/** The same tool of the same server on a local cloud each, called one after another. */
async function readLatencies(
  config: Config,
  env: Record<string, string>,
): Promise<{ direct: number[]; through: number[]; toolsBytes: number }> {
  const token = "bench-token-of-a-local-cloud";
  await using cloud = await runCloud(config, {
    folder: join(config.dataDir, "other-cloud"),
    host: "127.0.0.1",
    port: 0,
    userId: "1",
    token,
    organizationId: "0".repeat(32),
    nodes: 1,
    dataPolicy: undefined,
    log: () => undefined,
  });
  const direct = await connect(
    config.nodePath,
    [join(config.packageRoot, "vendor", "quantconnect-mcp", "dist", "main.js")],
    {
      QUANTCONNECT_USER_ID: "1",
      QUANTCONNECT_API_TOKEN: token,
      QUANTCONNECT_BASE_URL: cloud.url,
    },
  );
  const through = await serve(config, env);
  const times = { direct: [] as number[], through: [] as number[] };
  for (let call = 0; call < CALLS; call += 1) {
    times.direct.push(await timed(() => direct.callTool({ name: "list_projects", arguments: {} })));
    times.through.push(await timed(() => through.callTool({ name: "qc_list_projects", arguments: {} })));
  }
  await direct.close();
  await through.close();
  const desk = await connect(
    config.nodePath,
    [join(config.packageRoot, "dist", "main.js"), "serve", "--data-dir", config.dataDir],
    env,
  );
  const toolsBytes = Buffer.byteLength(JSON.stringify((await desk.listTools()).tools));
  await desk.close();
  return { ...times, toolsBytes };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function throughDesk(config: Config, env: Record<string, string>): Promise<number> {
  const client = await serve(config, env);
  try {
    const created = z
      .looseObject({ strategyId: z.string() })
      .parse(
        (await client.callTool({ name: "create_strategy", arguments: { name: "bench", template: "sma_cross" } }))
          .structuredContent,
      );
    const parameters = {
      ticker: TEN_YEARS.ticker,
      "qw-start": TEN_YEARS.from,
      "qw-end": TEN_YEARS.to,
      fast: 10,
      slow: 50,
    };
    return await timed(async () => {
      let { run } = backtestSchema.parse(
        (await client.callTool({ name: "run_backtest", arguments: { strategyId: created.strategyId, parameters } }))
          .structuredContent,
      );
      while (run.state === "queued" || run.state === "running") {
        ({ run } = backtestSchema.parse(
          (await client.callTool({ name: "run_status", arguments: { runId: run.runId, version: run.version } }))
            .structuredContent,
        ));
      }
      if (run.state !== "completed") throw new Error(`the backtest ended as ${run.state}`);
    });
  } finally {
    await client.close();
  }
}

function residentMebibytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return (pages * 4096) / MEBIBYTE;
}
