import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPyodide } from "pyodide";
import type { PyodideAPI } from "pyodide";
import { stubProcessBinding } from "./scrub.ts";

/** Where the facade's sources lie in the interpreter's own file system. */
const LIBRARY = "/quantwright";

/** Everything that algorithms may import is imported once, so that a snapshot holds it; randomness starts fixed. */
const BOOT = `
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "${LIBRARY}")
import AlgorithmImports
import quantwright_runtime
import random
random.seed(0)
`;

export interface InterpreterFolders {
  readonly pyodideFolder: string;
  readonly pythonFolder: string;
}

/** Called with each piece of text that Python prints. */
export type PrintSink = (text: string) => void;

/** Options of Pyodide that its public types leave out; the version is pinned because they may change. */
type LoadOptions = NonNullable<Parameters<typeof loadPyodide>[0]> & {
  _sysExecutable?: string;
  _makeSnapshot?: boolean;
  _loadSnapshot?: Uint8Array;
};

function loadOptions(folders: InterpreterFolders, print: PrintSink): LoadOptions {
  return {
    indexURL: folders.pyodideFolder,
    // What `import js` sees: nothing of the host.
    jsglobals: { Object },
    env: { PYTHONHASHSEED: "0", HOME: "/home/user", TZ: "UTC", _: "python" },
    _sysExecutable: "python",
    stdin: () => null,
    stdout: print,
    stderr: print,
  };
}

/** Loads the interpreter from nothing, which takes some seconds, and imports the facade. */
export async function openCold(folders: InterpreterFolders, print: PrintSink): Promise<PyodideAPI> {
  return boot(folders, await loadFresh(loadOptions(folders, print)));
}

/** Loads the interpreter from nothing and returns the memory that `openFromSnapshot` starts from. */
export async function makeSnapshot(folders: InterpreterFolders): Promise<Uint8Array> {
  const pyodide = await loadFresh({ ...loadOptions(folders, () => {}), _makeSnapshot: true });
  return boot(folders, pyodide).makeMemorySnapshot();
}

/** Loads the interpreter from a snapshot of the same Pyodide version and facade; throws on any other. */
export async function openFromSnapshot(
  folders: InterpreterFolders,
  snapshot: Uint8Array,
  print: PrintSink,
): Promise<PyodideAPI> {
  const pyodide = await loadFresh({ ...loadOptions(folders, print), _loadSnapshot: snapshot });
  pyodide.runPython("import quantwright_runtime");
  return pyodide;
}

function loadFresh(options: LoadOptions): Promise<PyodideAPI> {
  stubProcessBinding();
  return loadPyodide(options);
}

/** The interpreter's own file system, as far as it is used here; Pyodide's types refer to a package we do not have. */
interface InterpreterFiles {
  mkdirTree(path: string): void;
  writeFile(path: string, data: Uint8Array): void;
  readonly filesystems: Record<string, unknown>;
}

function interpreterFiles(pyodide: PyodideAPI): InterpreterFiles {
  return pyodide.FS as InterpreterFiles;
}

function boot(folders: InterpreterFolders, pyodide: PyodideAPI): PyodideAPI {
  const files = interpreterFiles(pyodide);
  for (const path of readdirSync(folders.pythonFolder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".py")) continue;
    const target = `${LIBRARY}/${path.replaceAll("\\", "/")}`;
    files.mkdirTree(target.slice(0, target.lastIndexOf("/")));
    files.writeFile(target, readFileSync(join(folders.pythonFolder, path)));
  }
  pyodide.runPython(BOOT);
  return pyodide;
}

/** The interpreter's memory. Growing replaces it, so it is fetched at each use. */
export function wasmMemory(pyodide: PyodideAPI): ArrayBufferLike {
  return emscriptenModule(pyodide).HEAPU8.buffer;
}

/** Where Pyodide keeps file systems by name. */
export function fileSystemTables(pyodide: PyodideAPI): Record<string, unknown>[] {
  return [interpreterFiles(pyodide).filesystems, emscriptenModule(pyodide)];
}

function emscriptenModule(pyodide: PyodideAPI): Record<string, unknown> & { readonly HEAPU8: Uint8Array } {
  // Pyodide's types leave it out, and the version is pinned.
  const { _module } = pyodide as PyodideAPI & { readonly _module: ReturnType<typeof emscriptenModule> };
  return _module;
}
