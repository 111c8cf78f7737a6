import childProcess from "node:child_process";
import fs from "node:fs";
import { registerHooks } from "node:module";

/** Ways out to the network, to other threads and to modules that a realm of Node offers and no algorithm needs. */
const GLOBALS = [
  "fetch",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
  "XMLHttpRequest",
  "BroadcastChannel",
  "MessageChannel",
  "Worker",
  "SharedWorker",
  "Request",
  "Response",
  "require",
  "navigator",
  "localStorage",
  "sessionStorage",
  "caches",
  "indexedDB",
] as const;

/** Members of `process` that reach the host; `reallyExit` stays, because `process.exit` needs it. */
const PROCESS_MEMBERS = [
  "binding",
  "_linkedBinding",
  "dlopen",
  "getBuiltinModule",
  "kill",
  "_kill",
  "chdir",
  "abort",
  "_debugProcess",
  "_debugEnd",
  "_startProfilerIdleNotifier",
  "execve",
  "report",
  "loadEnvFile",
  "mainModule",
  "stdin",
  "stdout",
  "setuid",
  "setgid",
  "seteuid",
  "setegid",
  "setgroups",
  "initgroups",
] as const;

/** What a way out throws after the scrub. Through Emscripten's system calls it ends the interpreter. */
const REFUSAL = "not available to an algorithm";

const HOST_FILE_SYSTEMS = ["NODEFS", "NODERAWFS", "NATIVEFS_ASYNC", "PROXYFS", "WORKERFS", "IDBFS"] as const;

function refuse(): never {
  throw new Error(REFUSAL);
}

/** Replaces every function of a module's CommonJS object; what was imported by name before keeps working. */
function gut(exports: object): void {
  for (const name of Object.keys(exports)) {
    const descriptor = Object.getOwnPropertyDescriptor(exports, name);
    if (descriptor?.configurable !== true) continue;
    Object.defineProperty(exports, name, { configurable: false, writable: false, value: refuse });
  }
}

/** The tables of Pyodide in which file systems of the host are found by name. */
export type FileSystemTables = readonly Record<string, unknown>[];

/**
 * The second wall, after Node's permission model: takes every known way out of this realm from the code that follows.
 * Runs once, after all modules and the interpreter are loaded and before the first line of a user's code. Nothing
 * can be imported afterwards.
 */
export function scrubRealm(tables: FileSystemTables): void {
  for (const table of tables) {
    for (const name of HOST_FILE_SYSTEMS) delete table[name];
  }
  for (const name of GLOBALS) {
    Object.defineProperty(globalThis, name, { configurable: false, writable: false, value: undefined });
  }
  for (const name of PROCESS_MEMBERS) {
    Object.defineProperty(process, name, { configurable: false, writable: false, value: undefined });
  }
  for (const name of Object.keys(process.env)) delete process.env[name];
  gut(fs);
  gut(fs.promises);
  gut(childProcess);
  registerHooks({ resolve: refuse, load: refuse });
}

/** Pyodide asks `process.binding` for the file constants, which the permission model denies; gives it just those. */
export function stubProcessBinding(): void {
  Object.defineProperty(process, "binding", { configurable: true, value: () => ({ fs: fs.constants }) });
}
