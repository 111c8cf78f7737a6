import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startGuardian } from "../../../src/clients/guardian/guardian.ts";
import { processStartedAt, signalGroup } from "../../../src/clients/process/process-identity.ts";
import { HAS_PROC } from "../../support/e2e-processes.ts";
import { isAlive, until } from "../process/support.ts";

const PARENT = fileURLToPath(new URL("support/parent.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("../../../dist/clients/guardian/main.js", import.meta.url));
const namesSchema = z.object({ guardian: z.int(), child: z.int(), heir: z.int() });

const begun: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of begun.splice(0)) if (pid !== undefined) signalGroup(pid, "SIGKILL");
});

function sleeper(): ChildProcess & { readonly pid: number } {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  begun.push(child);
  if (child.pid === undefined) throw new Error("no sleep here");
  return child as ChildProcess & { readonly pid: number };
}

/** Whether a process handles SIGHUP, SIGINT and SIGTERM, by the mask that the kernel shows. */
function catchesSignals(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return [1n, 2n, 15n].every((signal) => (BigInt(`0x${mask}`) & (1n << (signal - 1n))) !== 0n);
}

describe("the guardian", () => {
  it.each(["obedient", "stubborn"])("ends the %s children of a desk that was killed, and itself", async (kind) => {
    const parent = spawn(process.execPath, [PARENT, kind], { stdio: ["ignore", "pipe", "inherit"] });
    begun.push(parent);
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const names = namesSchema.parse(JSON.parse(line.toString()));
    for (const pid of Object.values(names)) expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await until(() => Object.values(names).every((pid) => !isAlive(pid)), "nothing is left");
  });

  it("leaves alone a process that only has the number of one it was told of, and one it should forget", async () => {
    const [reused, forgotten, watched] = [sleeper(), sleeper(), sleeper()];
    const guardian = spawn(process.execPath, [MAIN], { stdio: ["pipe", "ignore", "ignore"] });
    begun.push(guardian);
    const tell = (message: object): void => void guardian.stdin.write(`${JSON.stringify(message)}\n`);
    const watch = (pid: number, startedAt: string): void => tell({ do: "watch", pid, startedAt, what: "x" });
    watch(reused.pid, "12345");
    watch(forgotten.pid, processStartedAt(forgotten.pid) ?? "");
    watch(watched.pid, processStartedAt(watched.pid) ?? "");
    guardian.stdin.write("this is no message\n");
    tell({ do: "forget", pid: forgotten.pid });
    guardian.stdin.end();
    await once(guardian, "exit");
    await until(() => !isAlive(watched.pid), "the watched one ends");
    expect([isAlive(reused.pid), isAlive(forgotten.pid)]).toEqual([true, true]);
  });

  it("does not end by the signals that end a desk", async () => {
    const guardian = spawn(process.execPath, [MAIN], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    begun.push(guardian);
    const watched = sleeper();
    const startedAt = processStartedAt(watched.pid) ?? "";
    guardian.stdin.write(`${JSON.stringify({ do: "watch", pid: watched.pid, startedAt, what: "x" })}\n`);
    if (HAS_PROC) await until(() => catchesSignals(guardian.pid ?? 0), "it listens for signals");
    else await new Promise((resolve) => setTimeout(resolve, 2000));
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) guardian.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([isAlive(guardian.pid ?? 0), isAlive(watched.pid)]).toEqual([true, true]);
    guardian.stdin.end();
    await until(() => !isAlive(watched.pid), "the watched one ends with the pipe");
  });

  it("ends with the desk that stops, and takes what is still registered along", async () => {
    const guardian = startGuardian({ nodePath: process.execPath, log: () => undefined });
    const [kept, released] = [sleeper(), sleeper()];
    guardian.register(kept.pid, "kept");
    guardian.register(released.pid, "released")();
    expect([...guardian.processes]).toEqual([[kept.pid, "kept"]]);
    await guardian[Symbol.asyncDispose]();
    expect(isAlive(guardian.pid)).toBe(false);
    await until(() => !isAlive(kept.pid), "what was registered ends");
    expect(isAlive(released.pid)).toBe(true);
    await guardian[Symbol.asyncDispose]();
  });

  it("that cannot be started is said, and does not hold up the end", async () => {
    const logged: string[] = [];
    const guardian = startGuardian({ nodePath: "/no/such/node", log: (line) => logged.push(line) });
    await guardian[Symbol.asyncDispose]();
    await until(() => logged.length > 0, "it is logged");
    expect(logged[0]).toMatch(/guardian: cannot start.*ENOENT/);
  });
});
