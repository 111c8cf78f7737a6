import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PYTHON = join(fileURLToPath(new URL("../../", import.meta.url)), ".cache", "python", "bin", "python");

/** The CPython with numpy and pandas that tests use, as CI makes it; undefined where there is none. */
export function testPython(): string | undefined {
  if (!existsSync(PYTHON)) return undefined;
  return spawnSync(PYTHON, ["-c", "import numpy, pandas"]).status === 0 ? PYTHON : undefined;
}
