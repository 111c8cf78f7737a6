import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import type { SecretMask } from "../clients/secret-mask.ts";

const MOST_BYTES = 10 * 1024 * 1024;

/** The desk's log: one line each, secrets masked, kept to two files of 10 MB. Writing it never stops the desk. */
export function openLog(file: string, mask: SecretMask): { readonly log: (message: string) => void } & Disposable {
  try {
    if (statSync(file).size > MOST_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // There is none yet.
  }
  let descriptor: number | undefined = openSync(file, "a", 0o600);
  return {
    log: (message) => {
      if (descriptor === undefined) return;
      try {
        writeSync(descriptor, `${new Date().toISOString()} ${mask.apply(message).replaceAll("\n", "\n  ")}\n`);
      } catch {
        // A full disk must not take the desk with it; the store says so where it matters.
      }
    },
    [Symbol.dispose]: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** What ends a process unforeseen is at least in its log: nobody reads its standard error. */
export function logLastWords(what: string, log: (message: string) => void): Disposable {
  const monitor = (error: unknown): void =>
    log(`the ${what} dies: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on("uncaughtExceptionMonitor", monitor);
  return { [Symbol.dispose]: () => void process.off("uncaughtExceptionMonitor", monitor) };
}
