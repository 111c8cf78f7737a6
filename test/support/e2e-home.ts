import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";
import { allProcesses, familyOf, survivors } from "./e2e-processes.ts";
import { writeSyntheticData } from "./sandbox-data.ts";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));
export const PROGRAM: string = join(ROOT, "bin", "quantwright.cjs");
const CACHE = join(ROOT, "node_modules", ".cache", "quantwright-test");
const COMMAND_MILLISECONDS = 60_000;

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Each line of standard output as JSON. */
  lines(): unknown[];
  /** The last line of standard output as JSON. */
  json(): Record<string, unknown>;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Gets the child as soon as it runs. */
  readonly started?: (child: ChildProcess) => void;
}

/** A data directory of a test's own with made-up prices, and the built program as its user runs it. */
export interface E2eHome extends AsyncDisposable {
  readonly folder: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs one command line to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Calls a tool through the command line and gives its structured answer; fails the test when it is refused. */
  call(tool: string, args?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  status(): Promise<DeskSeen | undefined>;
}

const deskSchema = z.looseObject({
  running: z.boolean(),
  pid: z.int().optional(),
  guardianPid: z.int().optional(),
  upstreams: z.array(z.looseObject({ pid: z.int().nullable(), state: z.string(), restarts: z.int() })).default([]),
});
export type DeskSeen = z.infer<typeof deskSchema> & { readonly pid: number };

export interface HomeOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export function openE2eHome(options: HomeOptions = {}): E2eHome {
  // Short: the socket's path must stay under 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), "qw-e2e-"));
  const dataDir = join(folder, "home");
  const data = writeSyntheticData();
  mkdirSync(dataDir, { mode: 0o700 });
  const settings = { vault: "file", dataFolder: data, nodes: 2, ...options.settings };
  writeFileSync(join(dataDir, "settings.json"), JSON.stringify(settings));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TZ: "America/New_York",
    QUANTWRIGHT_HOME: dataDir,
    QUANTWRIGHT_RUNTIME_DIR: join(folder, "run"),
    QUANTWRIGHT_CACHE_DIR: CACHE,
    // No test asks the real one.
    QUANTCONNECT_BASE_URL: "http://127.0.0.1:9",
    ...options.env,
  };
  const run: E2eHome["run"] = (args, one = {}) => runProgram(args, { ...one, env: { ...env, ...one.env } });
  const status = async (): Promise<DeskSeen | undefined> => {
    const seen = deskSchema.parse((await run(["status", "--json"])).json());
    return seen.pid === undefined ? undefined : { ...seen, pid: seen.pid };
  };
  return {
    folder,
    dataDir,
    env,
    run,
    status,
    async call(tool, args = {}) {
      const done = await run(["tools", "call", tool, JSON.stringify(args), "--json"]);
      if (done.code !== 0) throw new Error(`${tool} ended with ${String(done.code)}: ${done.out}${done.err}`);
      return done.json();
    },
    async [Symbol.asyncDispose]() {
      const desk = await status().catch(() => undefined);
      const family = desk === undefined ? [] : familyOf(desk.pid);
      await run(["down"]);
      const left = [...(await survivors(family)), ...allProcesses().filter((one) => one.commandLine.includes(folder))];
      for (const { pid } of left) process.kill(pid, "SIGKILL");
      for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`the desk left processes behind: ${JSON.stringify(left)}`);
    },
  };
}

/** Runs the built program with a whole environment of its own; ended after a minute whatever it does. */
export function runProgram(
  args: readonly string[],
  options: RunOptions & { readonly env: Readonly<Record<string, string>> },
): Promise<Finished> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: options.env,
    cwd: options.cwd ?? ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (err += part));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  options.started?.(child);
  const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_MILLISECONDS);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      const lines = (): unknown[] =>
        out
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => parseJson(line));
      const json = (): Record<string, unknown> => z.record(z.string(), z.unknown()).parse(lines().at(-1));
      resolve({ code, out, err, lines, json });
    });
  });
}
