import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LiveSandboxProcess } from "../../../src/clients/sandbox/live-sandbox.ts";
import { SandboxProcess } from "../../../src/clients/sandbox/sandbox-process.ts";
import { liveJobSchema, type LiveEnd } from "../../../src/lean/live/live-protocol.ts";

const folder = mkdtempSync(join(tmpdir(), "live-sandbox-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const JOB = liveJobSchema.parse({
  deployId: "L-1",
  files: {},
  startUtc: 0,
  endUtc: 1,
  account: { cash: {}, holdings: [], orders: [], nextOrderId: 1 },
});

/** A child that asks its supervisor one thing, and waits for the answer. */
function asking(request: object): SandboxProcess {
  const program = join(folder, "asks.mjs");
  const text = JSON.stringify(JSON.stringify(request));
  const code = `const bytes = new TextEncoder().encode(${text});
writeSync(3, Uint8Array.of(0, 0, 0, bytes.length, ...bytes));
setInterval(() => {}, 1000);`;
  writeFileSync(program, `import { writeSync } from "node:fs";\n${code}`);
  return new SandboxProcess({
    nodePath: process.execPath,
    program,
    paths: { read: [folder] },
    registerProcess: () => () => {},
  });
}

describe("a live sandbox", () => {
  it.each([
    ["the object store", { type: "object-store", request: { op: "keys" } }],
    ["the broker", { type: "broker", request: {} }],
  ])("ends once, by a fault of ours, when %s cannot serve the algorithm", async (_what, request) => {
    const child = asking(request);
    const ends: LiveEnd[] = [];
    const fail = () => Promise.reject(new Error("disk is full"));
    const { sandbox, name } = await LiveSandboxProcess.start(JOB, {
      process: child,
      handlers: { broker: fail, objectStore: fail, output: () => undefined, ended: (end) => void ends.push(end) },
      limits: { messageSeconds: 10, startSeconds: 10 },
      release: () => undefined,
    });
    expect([name, sandbox.hasEnded]).toEqual(["", true]);
    expect(ends).toMatchObject([
      {
        status: "RuntimeError",
        error: { code: "SANDBOX_FAULT", message: expect.stringContaining("disk is full") as unknown },
      },
    ]);
    await child.kill();
  });
});
