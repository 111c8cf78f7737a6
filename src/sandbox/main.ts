import { readFileSync, writeFileSync } from "node:fs";
import type { PyodideAPI } from "pyodide";
import type { SandboxRequest } from "../lean/sandbox-protocol.ts";
import { installAlgorithmClock } from "./algorithm-clock.ts";
import { fileSystemTables, makeSnapshot, openCold, openFromSnapshot, wasmMemory } from "./interpreter.ts";
import { capMemory } from "./memory-cap.ts";
import { MessagePipe } from "./message-pipe.ts";
import { openPrices } from "./open-prices.ts";
import { pythonRuntime } from "./python-runtime.ts";
import { scrubRealm } from "./scrub.ts";
import { serveSupervisor } from "./serve-supervisor.ts";

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

/** Serves one supervisor until it closes the pipe; the process is locked down before it reads any user's code. */
async function serve(pipe: MessagePipe, request: Start): Promise<void> {
  const began = performance.now();
  const memory = capMemory(request.memoryMib);
  const clock = installAlgorithmClock();
  let print: (text: string) => void = () => {};
  const { pyodide, start } = await load(request, (text) => print(text));
  const runtime = pythonRuntime(pyodide);
  const data = openPrices(request);
  scrubRealm(fileSystemTables(pyodide));
  const milliseconds = performance.now() - began;
  const boardMemory = (): ArrayBufferLike => wasmMemory(pyodide);
  const onPrint = (sink: (text: string) => void): void => {
    print = sink;
  };
  serveSupervisor(pipe, { type: "ready", start, milliseconds }, { runtime, boardMemory, data, clock, memory, onPrint });
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
