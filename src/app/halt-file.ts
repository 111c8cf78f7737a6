import { statSync } from "node:fs";
import type { HaltGate, HaltNotice } from "../gateway/halt-gate.ts";
import { EVERY_ACCOUNT, type RiskBook } from "../gateway/risk/risk-book.ts";

/**
 * The gate that closes by the latch in the store, which outlives the file, or by the file `HALT`, which anybody can
 * make with no desk to ask. A file that cannot be looked at is taken for one that is there.
 */
export function openHaltFile(file: string, book: RiskBook): HaltGate {
  return {
    closed(account) {
      return (
        fileNotice(file) ?? latched(book, EVERY_ACCOUNT) ?? (account === null ? undefined : latched(book, account))
      );
    },
  };
}

/** What the file says by being there. */
export function fileNotice(file: string): HaltNotice | undefined {
  const since = fileSince(file);
  if (since === undefined) return undefined;
  const reason = "it is in the data directory";
  return { haltId: `file-${since}`, target: "desk", since, by: "the file HALT", reason };
}

/** When the file was made, microseconds UTC; undefined where there is none. */
function fileSince(file: string): number | undefined {
  try {
    return Math.floor(statSync(file).mtimeMs * 1000);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : 0;
  }
}

function latched(book: RiskBook, account: string): HaltNotice | undefined {
  const { mode } = book.stateOf(account);
  if (mode.kind !== "HALTED") return undefined;
  const target = account === EVERY_ACCOUNT ? "desk" : account;
  return { haltId: `${target}-${mode.since}`, target, since: mode.since, by: "halt", reason: mode.reason };
}
