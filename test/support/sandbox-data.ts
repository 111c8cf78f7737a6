import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { syntheticFiles } from "./lean-synthetic.ts";

/** Writes made-up prices in LEAN's format, with the shipped calendar, to a new folder, and names it. */
export function writeSyntheticData(): string {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-data-"));
  for (const [path, text] of syntheticFiles()) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    const entry = basename(path).replace(/\.zip$/, ".csv");
    writeFileSync(file, path.endsWith(".zip") ? zipSync({ [entry]: strToU8(text) }) : text);
  }
  return folder;
}
