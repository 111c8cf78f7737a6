import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findInstallation } from "../../../src/clients/sandbox/installation.ts";
import { SandboxProcess } from "../../../src/clients/sandbox/sandbox-process.ts";

const folder = mkdtempSync(join(tmpdir(), "sandbox-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let programs = 0;

/** A child that behaves as `code` says; `send(bytes)` writes to its supervisor. */
function start(code: string): SandboxProcess {
  programs += 1;
  const program = join(folder, `${programs}.mjs`);
  writeFileSync(program, `import { writeSync } from "node:fs";\nconst send = (b) => writeSync(3, b);\n${code}`);
  return new SandboxProcess({
    nodePath: process.execPath,
    program,
    paths: { read: [folder] },
    registerProcess: () => () => {},
  });
}

const ASK = { type: "compile", files: {}, entry: "main.py" } as const;

describe("a sandbox process is not trusted", () => {
  it.each([
    ["a frame of gigabytes", "send(Uint8Array.of(255, 255, 255, 255))", "SANDBOX_PROTOCOL"],
    ["no JSON", "send(Uint8Array.of(0, 0, 0, 2, 65, 66))", "SANDBOX_PROTOCOL"],
    ["a message of no known shape", "send(Uint8Array.of(0, 0, 0, 2, 123, 125))", "SANDBOX_PROTOCOL"],
    ["its end", "process.exit(7)", "SANDBOX_CRASHED"],
  ])("when it sends %s", async (_what, code, refusal) => {
    const child = start(`${code}\nsetInterval(() => {}, 1000);`);
    await expect(child.ask(ASK, "compiled")).rejects.toMatchObject({ refusal: { code: refusal } });
    expect(child.isAlive).toBe(false);
    await child.kill();
  });

  it("when it floods standard error: bounded, without paths of the machine", async () => {
    const child = start(`for (let n = 0; n < 200; n++) writeSync(2, "${folder}/x ".repeat(100)); process.exit(3);`);
    const failure: unknown = await child.ask(ASK, "compiled").catch((error: unknown) => error);
    const message = String(failure);
    expect(message).toContain("exit code 3");
    expect(message.length).toBeLessThan(1000);
    expect(message).not.toContain(folder);
    await child.kill();
  });

  it("has no environment of ours, no network, no children, no other files and no code from strings", async () => {
    const child = start(`
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
const tries = {
  env: () => { if (Object.keys(process.env).some((name) => !["TZ", "__CF_USER_TEXT_ENCODING"].includes(name))) return "env"; throw 0; },
  read: () => readFileSync("/etc/hosts"),
  spawn: () => { if (spawnSync("ls").error === undefined) return "spawned"; throw 0; },
  write: () => writeSync(99, "x"),
  code: () => new Function("return 1")(),
};
const got = Object.keys(tries).filter((name) => { try { tries[name](); return true; } catch { return false; } });
try { await fetch("http://127.0.0.1:34567/"); got.push("fetch"); } catch (error) { if (error.cause?.code !== "ERR_ACCESS_DENIED") got.push("net:" + error.cause?.code); }
const text = JSON.stringify({ type: "fault", code: "GOT", message: got.join() });
const bytes = new TextEncoder().encode(text);
send(Uint8Array.of(0, 0, 0, bytes.length, ...bytes));
setInterval(() => {}, 1000);`);
    await expect(child.ask(ASK, "compiled")).rejects.toMatchObject({ refusal: { code: "GOT", message: "" } });
    await child.kill();
  });
});

describe("a sandbox program that cannot go on", () => {
  const { program, cpythonProgram, codePaths, pythonFolder } = findInstallation();

  it.each([
    ["the interpreter's folder is missing", program, /Cannot find module/],
    ["the trusted project's Python gave it no pipes", cpythonProgram, /numbers of two pipes/],
  ])("says as a fault of ours why, where %s", async (_why, file, why) => {
    const child = new SandboxProcess({
      nodePath: process.execPath,
      program: file,
      paths: { read: codePaths, write: [folder] },
      registerProcess: () => () => {},
    });
    const missing = join(folder, "missing");
    const request = {
      type: "snapshot",
      pyodideFolder: missing,
      pythonFolder,
      target: join(folder, "snapshot"),
    } as const;
    const faulted = child.ask(request, "written");
    await expect(faulted).rejects.toMatchObject({
      refusal: { code: "SANDBOX_FAULT", message: expect.stringMatching(why) as unknown },
    });
    // Where things lie on this machine is nobody's business.
    await expect(faulted).rejects.toMatchObject({
      refusal: { message: expect.not.stringContaining(folder) as unknown },
    });
    await child.kill();
  });
});
