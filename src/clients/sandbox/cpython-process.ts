import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CpythonInterpreter } from "./cpython-interpreter.ts";
import type { SandboxInstallation } from "./installation.ts";
import { SandboxProcess } from "./sandbox-process.ts";
import type { SpawnSettings } from "./sandbox-process.ts";

/**
 * A process for one trusted project: CPython, which starts the engine as its child, in one process group. It speaks
 * as a sandbox does. Its files lie in a folder of its own, which goes with it.
 */
export function startCpython(
  interpreter: CpythonInterpreter,
  installation: Pick<SandboxInstallation, "cpythonProgram" | "pythonFolder">,
  spawn: Omit<SpawnSettings, "program">,
): SandboxProcess {
  const folder = mkdtempSync(join(tmpdir(), "quantwright-project-"));
  return new SandboxProcess({
    ...spawn,
    program: installation.cpythonProgram,
    python: { ...interpreter, host: join(installation.pythonFolder, "quantwright_host.py"), folder },
    registerProcess: (child) => {
      const release = spawn.registerProcess(child);
      return () => {
        release();
        rmSync(folder, { recursive: true, force: true });
      };
    },
  });
}
