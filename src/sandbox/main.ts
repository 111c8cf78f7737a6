import { readFileSync, writeFileSync } from "node:fs";
import type { PyodideAPI } from "pyodide";
import type { DataSource } from "../lean/data-source.ts";
import { SyntheticSource } from "../lean/data/synthetic/synthetic-source.ts";
import type { SandboxRequest } from "../lean/sandbox-protocol.ts";
import { installAlgorithmClock } from "./algorithm-clock.ts";
import { compileProject } from "./compile.ts";
import { openDataFolder } from "./data-folder.ts";
import { fileSystemTables, makeSnapshot, openCold, openFromSnapshot, wasmMemory } from "./interpreter.ts";
import { capMemory } from "./memory-cap.ts";
import { MessagePipe } from "./message-pipe.ts";
import { pythonRuntime } from "./python-runtime.ts";
import { RemoteObjectStore } from "./remote-object-store.ts";
import { runJob } from "./run-job.ts";
import { runLive } from "./run-live.ts";
import { scrubRealm } from "./scrub.ts";

/** Most that a snapshot is made with; a running algorithm has its own bound. */
const SNAPSHOT_MIB = 256;

type Start = Extract<SandboxRequest, { type: "start" }>;

interface Loaded {
  readonly pyodide: PyodideAPI;
  readonly start: "snapshot" | "cold";
}

async function load(request: Start, print: (text: string) => void): Promise<Loaded> {
  if (request.snapshotFile !== undefined) {
    try {
      const snapshot = readFileSync(request.snapshotFile);
      return { pyodide: await openFromSnapshot(request, snapshot, print), start: "snapshot" };
    } catch {
      // A snapshot of another build, or a damaged one: start without it.
    }
  }
  return { pyodide: await openCold(request, print), start: "cold" };
}

/** The folders' prices, and made ones where they lack some and the supervisor wants that. */
function withSyntheticPrices(folders: DataSource, { syntheticSeed, syntheticCache }: Start): DataSource {
  if (syntheticSeed === undefined) return folders;
  const made = syntheticCache === undefined ? undefined : openDataFolder([syntheticCache]);
  const cache = made === undefined ? undefined : { read: (path: string) => made.readZip(path) };
  return new SyntheticSource(folders, { seed: syntheticSeed, cache });
}

/** Serves one supervisor until it closes the pipe; the process is locked down before it reads any user's code. */
async function serve(pipe: MessagePipe, request: Start): Promise<void> {
  const began = performance.now();
  const memory = capMemory(request.memoryMib);
  const clock = installAlgorithmClock();
  let print: (text: string) => void = () => {};
  const { pyodide, start } = await load(request, (text) => print(text));
  const runtime = pythonRuntime(pyodide);
  const folders = openDataFolder(request.dataFolders);
  const data = withSyntheticPrices(folders, request);
  scrubRealm(fileSystemTables(pyodide));
  pipe.send({ type: "ready", start, milliseconds: performance.now() - began });
  for (let next = pipe.receive(); next !== undefined; next = pipe.receive()) {
    if (next.type === "compile") {
      pipe.send({ type: "compiled", report: compileProject(runtime, next.files, next.entry) });
    } else if (next.type === "backtest") {
      memory.set(next.job.limits.memoryMib);
      const result = runJob(next.job, {
        runtime,
        wasm: () => wasmMemory(pyodide),
        data,
        clock,
        memory,
        ...(next.hasObjectStore ? { objectStore: new RemoteObjectStore(pipe) } : {}),
        onPrint: (sink) => {
          print = sink;
        },
        onProgress: (progress) => pipe.send({ type: "progress", progress }),
      });
      pipe.send({ type: "result", result });
    } else if (next.type === "live-start") {
      memory.set(next.job.memoryMib);
      const onPrint = (sink: (text: string) => void): void => {
        print = sink;
      };
      runLive(next.job, { runtime, wasm: () => wasmMemory(pyodide), data, clock, memory, onPrint, pipe });
      return;
    }
  }
}

async function main(pipe: MessagePipe): Promise<void> {
  const request = pipe.receive();
  if (request?.type === "start") await serve(pipe, request);
  if (request?.type === "snapshot") {
    capMemory(SNAPSHOT_MIB);
    writeFileSync(request.target, await makeSnapshot(request), { flag: "wx" });
    pipe.send({ type: "written" });
  }
}

const pipe = new MessagePipe();
try {
  await main(pipe);
} catch (error) {
  // Uncaught, it would print Pyodide's whole glue code to standard error.
  pipe.send({ type: "fault", code: "SANDBOX_FAULT", message: String(error).slice(0, 2000) });
}
process.exit();
