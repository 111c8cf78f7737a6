import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the parts of a sandbox lie on this machine. */
export interface SandboxInstallation {
  /** The program that the sandbox process runs. */
  readonly program: string;
  /** The engine's program where Python runs outside of the sandbox. */
  readonly cpythonProgram: string;
  readonly pyodideFolder: string;
  readonly pythonFolder: string;
  /** Everything a sandbox must read to load its own code. */
  readonly codePaths: readonly string[];
}

/** Finds them from this file's own place: `dist/` (or `src/` under a test) and the packages beside it. */
export function findInstallation(): SandboxInstallation {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const require = createRequire(import.meta.url);
  const pyodideFolder = dirname(require.resolve("pyodide/package.json"));
  const packages = ["zod", "ws"].map((name) => dirname(require.resolve(`${name}/package.json`)));
  return {
    program: join(root, "dist/sandbox/main.js"),
    cpythonProgram: join(root, "dist/sandbox/cpython-main.js"),
    pyodideFolder,
    pythonFolder: join(root, "python"),
    codePaths: [join(root, "dist"), join(root, "python"), join(root, "package.json"), pyodideFolder, ...packages],
  };
}
