// Writes config/facade-names.json, the list of names that algorithms may use; with --check it only compares.
// The cloud completes, converts and explains code with it. Run it after a change of python/AlgorithmImports.
"use strict";

const { readFileSync, readdirSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

const ROOT = dirname(__dirname);
const TARGET = join(ROOT, "config", "facade-names.json");

async function main() {
  const { loadPyodide } = await import("pyodide");
  const pyodide = await loadPyodide({ env: { PYTHONHASHSEED: "0", HOME: "/" } });
  const folder = join(ROOT, "python");
  for (const path of readdirSync(folder, { recursive: true })) {
    if (!path.endsWith(".py")) continue;
    const target = `/facade/${path.replaceAll("\\", "/")}`;
    pyodide.FS.mkdirTree(dirname(target));
    pyodide.FS.writeFile(target, readFileSync(join(folder, path)));
  }
  pyodide.runPython('import sys; sys.path.insert(0, "/facade")');
  pyodide.runPython(readFileSync(join(__dirname, "facade-names.py"), "utf8"));
  const text = `${pyodide.globals.get("TEXT")}\n`;
  if (!process.argv.includes("--check")) return writeFileSync(TARGET, text);
  if (readFileSync(TARGET, "utf8") === text) return;
  process.stderr.write(
    "config/facade-names.json is not that of python/AlgorithmImports; run: node scripts/facade-names.cjs\n",
  );
  process.exitCode = 1;
}

void main();
