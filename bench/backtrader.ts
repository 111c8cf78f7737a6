import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Log } from "./figure.ts";
import type { Period, StrategyName } from "./strategies.ts";

const VERSION = "1.9.78.123";
const FOLDER = fileURLToPath(new URL("../.cache/bench-python", import.meta.url));
const SCRIPT = fileURLToPath(new URL("backtrader-strategies.py", import.meta.url));
const run = promisify(execFile);

const reportSchema = z.object({ bars: z.number(), total: z.number(), run: z.number(), orders: z.number() });
export type BacktraderReport = z.infer<typeof reportSchema>;

/** Another engine that calls Python for every bar, to compare with. */
export interface Backtrader {
  /** Seconds in all and without loading, as the child measures them. `csv` has `seconds,o,h,l,c,v` after a header. */
  run(name: StrategyName, csv: string, period: Period): Promise<BacktraderReport>;
}

/** Makes a Python environment with `backtrader` once; a text that says why where that cannot be. */
export async function openBacktrader(log: Log): Promise<Backtrader | string> {
  const isWindows = process.platform === "win32";
  const python = join(FOLDER, isWindows ? "Scripts/python.exe" : "bin/python");
  try {
    await installed(python).catch(async () => {
      log(`installing backtrader ${VERSION} into .cache/bench-python`);
      await mkdir(FOLDER, { recursive: true });
      await run(isWindows ? "python" : "python3", ["-m", "venv", FOLDER]);
      await run(python, ["-m", "pip", "install", "-q", "--disable-pip-version-check", `backtrader==${VERSION}`]);
      await installed(python);
    });
  } catch (error) {
    return `backtrader ${VERSION} could not be installed: ${firstLine(error)}`;
  }
  return {
    run: async (name, csv, { fast, slow }) => {
      const { stdout } = await run(python, [SCRIPT, name, csv, String(fast), String(slow)]);
      return reportSchema.parse(JSON.parse(stdout));
    },
  };
}

async function installed(python: string): Promise<void> {
  await access(python);
  await run(python, ["-c", "import backtrader"]);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
