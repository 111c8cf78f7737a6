import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { HaltGate, HaltNotice } from "../gateway/halt-gate.ts";
import { EVERY_ACCOUNT, type RiskBook } from "../gateway/risk/risk-book.ts";
import { haltWords, type HaltWords } from "./halt/halt-words.ts";

/** Who halted, where the file has no words of who made it. */
export const HALT_FILE = "the file HALT";

/** Whoever made it by hand may have put anything into it. */
const MOST_BYTES = 8192;

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
    anyAccount() {
      const [account] = book.haltedAccounts();
      return account === undefined ? undefined : latched(book, account);
    },
  };
}

/** What the file says by being there, in the words of who made it where it has some. */
export function fileNotice(file: string): HaltNotice | undefined {
  const found = lookAt(file);
  if (found === undefined) return undefined;
  const { since, words } = found;
  const { by = HALT_FILE, reason = "it is in the data directory" } = words ?? {};
  return { haltId: `file-${since}`, target: "desk", since, by, reason };
}

/** When the file was made, microseconds UTC, and its words; undefined where there is none. */
function lookAt(file: string): { readonly since: number; readonly words?: HaltWords | undefined } | undefined {
  try {
    const found = statSync(file);
    const since = Math.floor(found.mtimeMs * 1000);
    // To open a pipe would wait for who writes into it.
    return found.isFile() && found.size > 0 ? { since, words: wordsIn(file) } : { since };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : { since: 0 };
  }
}

function wordsIn(file: string): HaltWords | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, "r");
    const start = Buffer.alloc(MOST_BYTES);
    return haltWords(start.toString("utf8", 0, readSync(handle, start)));
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** What the latch of an account, or of all, says. */
export function latched(book: RiskBook, account: string): HaltNotice | undefined {
  const { mode } = book.stateOf(account);
  if (mode.kind !== "HALTED") return undefined;
  const target = account === EVERY_ACCOUNT ? "desk" : account;
  return { haltId: `${target}-${mode.since}`, target, since: mode.since, by: "halt", reason: mode.reason };
}
