import { resolve } from "node:path";
import type { TrustedPython } from "../clients/sandbox/cpython-interpreter.ts";
import type { Trust } from "../clients/sandbox/sandbox-pool.ts";
import type { Config } from "../config.ts";

/** What a Python needs of the environment to be found and to find its libraries. Never our own secrets. */
const PASSED_ON: readonly string[] = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "LC_ALL",
  "TMPDIR",
  "VIRTUAL_ENV",
  "CONDA_PREFIX",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "OMP_NUM_THREADS",
  "OPENBLAS_NUM_THREADS",
  "MKL_NUM_THREADS",
];

/** The Python of trusted projects: as named on the command line, else in the settings, else the first on the path. */
export function trustedPython(config: Config, named: string | undefined): TrustedPython {
  const { childEnvironment, dataDir, settings } = config;
  const environment = Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = childEnvironment[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return { path: named === undefined ? located(settings.python, dataDir) : located(named, "."), environment };
}

/** A path as an absolute one; a plain name is looked for on the path. */
function located(python: string | undefined, folder: string): string | undefined {
  return python === undefined || !/[/\\]/.test(python) ? python : resolve(folder, python);
}

/** Which projects of the local cloud the operator trusts. Read once: nothing that comes in over the API is asked. */
export function trustedProjects(
  config: Config,
  request: { readonly trustedProjects?: readonly number[] | undefined; readonly log: (message: string) => void },
): (origin: { readonly projectId?: number }) => Trust {
  const trusted = new Set([...(config.settings.trustedProjects ?? []), ...(request.trustedProjects ?? [])]);
  if (trusted.size > 0) request.log(`cloud: code of projects ${[...trusted].join(", ")} runs without a sandbox`);
  return ({ projectId }) => ({ isTrusted: projectId !== undefined && trusted.has(projectId) });
}
