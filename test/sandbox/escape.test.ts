import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxPool } from "../../src/clients/sandbox/sandbox-pool.ts";
import { BASE_DATA, openTestPool, runOnce } from "../support/sandbox-pool.ts";

const SECRET = "planted-secret-7d1f";

/** Everything an attacker finds outside, and what would show that he got there. */
const outside = {
  folder: mkdtempSync(join(tmpdir(), "sandbox-escape-")),
  connections: 0,
  port: 0,
  victim: spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }),
};
const dataFolder = join(outside.folder, "data");
const marker = join(outside.folder, "marker");
const secretFile = join(outside.folder, "secret.txt");
const server = createServer((socket) => {
  outside.connections += 1;
  socket.destroy();
});

/** Python that reaches for the host, by what it tries; each leaves its loot in `loot`. */
const PROBES: Readonly<Record<string, () => string>> = {
  "reads a host file": () => `loot = open("${secretFile}").read()`,
  "reads a host file through a symlink in the data folder": () => `loot = open("${dataFolder}/link.txt").read()`,
  "mounts the host's files": () =>
    `import pyodide_js\npyodide_js.mountNodeFS("/mnt/host", "${dataFolder}")\nloot = open("/mnt/host/link.txt").read()`,
  "mounts the host's files through Emscripten": () =>
    `import pyodide_js\nFS = pyodide_js.FS\nFS.mkdir("/m")\nFS.mount(FS.filesystems.NODEFS, {"root": "${dataFolder}"}, "/m")\nloot = open("/m/plain.txt").read()`,
  "mounts the host's files through Emscripten's module": () =>
    `import pyodide_js\npyodide_js.FS.mkdir("/n")\npyodide_js.FS.mount(pyodide_js._module.NODEFS, {"root": "${dataFolder}"}, "/n")\nloot = open("/n/plain.txt").read()`,
  "writes a host file": () => `open("${marker}", "w").write("x")\nloot = None`,
  "starts a process": () => `import subprocess\nloot = subprocess.check_output(["ls"])`,
  "sees the environment": () => `import os\nloot = "${SECRET}" if "${SECRET}" in str(dict(os.environ)) else None`,
  "sees the environment through js": () => `import js\nloot = str(js.process.env)`,
  "opens a socket": () =>
    `import socket\ns = socket.create_connection(("127.0.0.1", ${outside.port}), 2)\ns.send(b"x")\nloot = s`,
  "fetches a page": () =>
    `import urllib.request\nloot = urllib.request.urlopen("http://127.0.0.1:${outside.port}/").read()`,
  "fetches through js": () => `from js import fetch\nloot = fetch("http://127.0.0.1:${outside.port}/")`,
  "fetches through pyodide": () =>
    `from pyodide.http import open_url\nloot = open_url("http://127.0.0.1:${outside.port}/").read()`,
  "loads a package from a server": () =>
    `import pyodide_js\npyodide_js.loadPackage("http://127.0.0.1:${outside.port}/x-1-py3-none-any.whl")\nloot = None`,
  "evaluates JavaScript": () => `from pyodide.code import run_js\nloot = run_js("process.version")`,
  "makes a function from a constructor": () =>
    `from pyodide.ffi import to_js\nloot = to_js([]).constructor.constructor("return process")()`,
  "imports a module of Node": () => `from pyodide.code import run_js\nloot = run_js("import('node:fs')")`,
  "requires a module of Node": () => `import js\nloot = js.require("node:fs")`,
  "requires through Emscripten's module": () =>
    `import pyodide_js\nloot = pyodide_js._module.require("node:child_process").execSync("ls")`,
  "finds process from Pyodide's object": () => `import pyodide_js\nloot = pyodide_js._api.process.env`,
  "asks for a builtin module": () =>
    `import js\nloot = js.process.getBuiltinModule("node:fs").readFileSync("${secretFile}")`,
  "signals another process": () => `import os\nos.kill(${outside.victim.pid}, 9)\nloot = None`,
  "signals through js": () => `import js\nloot = js.process.kill(${outside.victim.pid}, 9)`,
  "writes to its supervisor": () =>
    `import os\nfor fd in (1, 3):\n    os.write(fd, b"\\x00\\x00\\x00\\x02{}")\nloot = None`,
  "starts a worker": () => `import js\nloot = js.Worker.new("data:text/javascript,0")`,
};

/** These go through system calls of Emscripten, whose refusal ends the interpreter. */
const FATAL_PROBES: Readonly<Record<string, string>> = {
  "runs a command": `import os\nos.system("touch ${marker}")`,
  "evaluates through Emscripten": `import ctypes\nctypes.CDLL(None).emscripten_run_script(b"process.kill(${outside.victim.pid}, 9)")`,
};

describe("user code in the sandbox", () => {
  let pool: SandboxPool;

  beforeAll(async () => {
    mkdirSync(dataFolder);
    writeFileSync(secretFile, SECRET);
    writeFileSync(join(dataFolder, "plain.txt"), SECRET);
    symlinkSync(secretFile, join(dataFolder, "link.txt"));
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve());
    });
    // A listening TCP server has an address with a port.
    outside.port = (server.address() as AddressInfo).port;
    process.env["SANDBOX_TEST_SECRET"] = SECRET;
    pool = openTestPool({ dataFolders: [...BASE_DATA, dataFolder], concurrency: 1 });
  });

  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
    delete process.env["SANDBOX_TEST_SECRET"];
    server.close();
    outside.victim.kill("SIGKILL");
    rmSync(outside.folder, { recursive: true, force: true });
  });

  it("gets nowhere with any known way out", async () => {
    const attempts = Object.entries(PROBES).map(([name, code]) => {
      const body = code()
        .split("\n")
        .map((line) => `    ${line}`)
        .join("\n");
      return `loot = None\ntry:\n${body}\n    self.log("${name}: " + ("nothing" if loot is None else f"LOOT {loot}"))\nexcept BaseException as error:\n    self.log(f"${name}: refused {type(error).__name__}")`;
    });
    const result = await pool.backtest({ files: runOnce(attempts.join("\n")) });
    expect(result.error).toBeUndefined();
    const heard = result.logs.filter((line) => Object.keys(PROBES).some((name) => line.includes(`${name}: `)));
    expect(heard).toHaveLength(Object.keys(PROBES).length);
    expect(heard.filter((line) => line.includes("LOOT"))).toEqual([]);
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(existsSync(marker)).toBe(false);
    expect(outside.victim.exitCode ?? outside.victim.signalCode).toBeNull();
    expect(outside.connections).toBe(0);
  });

  it.each(Object.entries(FATAL_PROBES))("is ended, with a clear error, when it %s", async (_name, code) => {
    const result = await pool.backtest({ files: runOnce(code) });
    expect(result).toMatchObject({ status: "RuntimeError", error: { code: "SANDBOX_REFUSED" } });
    expect(existsSync(marker)).toBe(false);
    expect(outside.victim.exitCode ?? outside.victim.signalCode).toBeNull();
  });

  it("finds no way to the process object from any object that Python can reach", async () => {
    const walk = `
import pyodide_js, js
from pyodide.ffi import JsProxy, to_js
seen, found, queue = set(), [], [("pyodide_js", pyodide_js), ("js", js), ("list", to_js([])), ("object", js.Object)]
while queue and len(seen) < 6000:
    path, thing = queue.pop(0)
    try:
        key = thing.js_id
        if key in seen:
            continue
        seen.add(key)
        names = list(js.Object.getOwnPropertyNames(thing))
    except BaseException:
        continue
    for name in names:
        try:
            value = getattr(thing, name)
        except BaseException:
            continue
        if name in ("process", "require", "getBuiltinModule", "NODEFS", "mainModule", "binding"):
            found.append(f"{path}.{name}")
        if isinstance(value, JsProxy) and not hasattr(value, "byteLength") and path.count(".") < 6:
            queue.append((f"{path}.{name}", value))
self.log(f"walked {len(seen)} found {found}")
`;
    const result = await pool.backtest({ files: runOnce(walk.trim()) });
    expect(result.error).toBeUndefined();
    expect(result.logs.join("\n")).toMatch(/walked \d{2,} found \[\]/);
  });
});
