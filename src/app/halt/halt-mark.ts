import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { Vault } from "../../store/vault/vault.ts";
import { haltFileText, type HaltWords } from "./halt-words.ts";

const MARK = "halt/mark";

const markSchema = z.object({ since: z.int(), reason: z.string() });

/** That a halt was asked for, kept outside the data directory: who deletes the file does not re-arm. */
export type HaltMark = z.infer<typeof markSchema>;

/** Writes the file that closes the gate of every desk of the directory; durable when it returns. */
export function writeHaltFile(file: string, dataDir: string, words: HaltWords): void {
  if (!existsSync(dataDir)) {
    throw new RefusalError({
      code: "DATA_DIR_UNUSABLE",
      message: `there is no data directory ${dataDir}, so no desk of it can trade`,
      remedy: "name the right one with --data-dir or QUANTWRIGHT_HOME",
    });
  }
  const text = haltFileText(words);
  const part = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    // A desk that watches must find it with its words.
    writeDurably(part, text);
    linkSync(part, file);
  } catch {
    // It is there already, or the disk is full or knows no links: what matters is that it is there.
    writeDurably(file, text);
  } finally {
    rmSync(part, { force: true });
  }
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, "a", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export async function keepHaltMark(vault: Vault, mark: HaltMark): Promise<void> {
  await vault.set(MARK, JSON.stringify(mark));
}

/** The mark, or one that says that it cannot be read: what is not known to be open is closed. */
export async function haltMark(vault: Vault): Promise<HaltMark | undefined> {
  const text = await vault.get(MARK);
  if (text === undefined) return undefined;
  try {
    return markSchema.parse(parseJson(text));
  } catch {
    return { since: 0, reason: "its mark cannot be read" };
  }
}

/** Takes both marks away; only a re-arming does. */
export async function clearHaltMarks(vault: Vault, file: string): Promise<void> {
  await vault.delete(MARK);
  rmSync(file, { force: true });
}
