import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSandboxPool } from "../../src/clients/sandbox/sandbox-pool.ts";
import type { SandboxPool, SandboxPoolOptions } from "../../src/clients/sandbox/sandbox-pool.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** LEAN's sample data and our algorithms on them; not part of the repository. */
export const SHARED_LEAN: string = join(ROOT, "../shared/lean");
export const hasSharedLean: boolean = existsSync(join(SHARED_LEAN, "targets.json"));

/** The data that the product ships (calendar, properties, rates), with the sample data behind it where that is. */
export const BASE_DATA: readonly string[] = [join(ROOT, "config/lean-data"), join(SHARED_LEAN, "data")].filter(
  (folder) => existsSync(folder),
);

/** Where all tests keep the interpreter's snapshot. */
export const TEST_CACHE: string = join(ROOT, "node_modules/.cache/sandbox");

/** A pool as the program opens it, with its snapshot where all tests share it. */
export function openTestPool(options: Partial<SandboxPoolOptions> = {}): SandboxPool {
  return createSandboxPool({
    dataFolders: BASE_DATA,
    cacheFolder: TEST_CACHE,
    nodePath: process.execPath,
    concurrency: 2,
    log: () => {},
    ...options,
  });
}

/** An algorithm that runs `body` in `initialize` and ends before any data. */
export function runOnce(body: string): Record<string, string> {
  const lines = body
    .trimEnd()
    .split("\n")
    .map((line) => `        ${line}`)
    .join("\n");
  const head = "from AlgorithmImports import *\n\n\nclass Probe(QCAlgorithm):\n    def initialize(self):\n";
  return { "main.py": `${head}        self.set_start_date(2014, 1, 2)\n${lines}\n        self.quit()\n` };
}
