import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { RefusalError } from "../../domain/refusal.ts";

const run = promisify(execFile);

/** How trusted projects are run: by an ordinary Python of the operator's, without a sandbox. */
export interface TrustedPython {
  /** The interpreter; left out: `python3` or `python` on the path. */
  readonly path?: string | undefined;
  /** What its processes get of the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Older ones do not read our Python sources. */
const OLDEST = [3, 11] as const;
const PROBE = "import json, sys; print(json.dumps([sys.executable, *sys.version_info[:2]]))";
const PROBE_MILLISECONDS = 20_000;

/** Set for every run, so that results do not depend on the machine: time zone, order of sets, encoding, no other paths. */
const FIXED = { TZ: "UTC", PYTHONHASHSEED: "0", PYTHONUTF8: "1", PYTHONSAFEPATH: "1", PYTHONNOUSERSITE: "1" } as const;

/** An interpreter that was found to run. */
export interface CpythonInterpreter {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Finds the interpreter; throws RefusalError `PYTHON_UNUSABLE` where there is none that fits. */
export async function findCpython(trusted: TrustedPython): Promise<CpythonInterpreter> {
  if (process.platform === "win32") throw unusable("trusted projects cannot run on Windows yet");
  const environment = { ...trusted.environment, ...FIXED };
  const tried: string[] = [];
  for (const name of trusted.path === undefined ? ["python3", "python"] : [trusted.path]) {
    try {
      const { stdout } = await run(name, ["-c", PROBE], { env: environment, timeout: PROBE_MILLISECONDS });
      // What the probe above prints.
      const [path, major, minor] = JSON.parse(stdout) as [string, number, number];
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return { path, environment };
      tried.push(`${name} is Python ${major}.${minor}`);
    } catch (error) {
      tried.push(`${name}: ${reasonOf(error)}`);
    }
  }
  throw unusable(tried.join("; "));
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return "not found";
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}

function unusable(found: string): RefusalError {
  return new RefusalError({
    code: "PYTHON_UNUSABLE",
    message: `A trusted project needs a Python of version ${OLDEST.join(".")} or newer; ${found}.`,
    remedy: "Name one with --python, or as `python` in settings.json; or run the project in the sandbox, untrusted.",
  });
}
