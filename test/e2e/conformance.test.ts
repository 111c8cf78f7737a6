import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openE2eHome, PROGRAM, ROOT, type E2eHome } from "../support/e2e-home.ts";

const SUITE = join(ROOT, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");
const SERVER = fileURLToPath(new URL("../support/everything-server.ts", import.meta.url));
const MINUTES = 300_000;

/** Runs the scenarios that one revision of the protocol requires, and gives those that passed and failed. */
function runSuite(url: string, revision: string): Promise<{ readonly passed: string[]; readonly failed: string[] }> {
  const child = spawn(process.execPath, [SUITE, "server", "--url", url, "--requirements", revision], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  child.stderr.resume();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      const named = (mark: string): string[] =>
        [...output.matchAll(new RegExp(`^${mark} ([\\w-]+): \\d+ passed`, "gm"))].map(([, name = ""]) => name);
      // Tasks are an extension that the revision does not require.
      const failed = named("✗").filter((name) => !name.startsWith("tasks-"));
      resolve({ passed: named("✓").filter((name) => !name.startsWith("tasks-")), failed });
    });
  });
}

/** Waits for the address that a server says on one of its streams. */
function addressOf(child: ChildProcess, stream: "stdout" | "stderr"): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child[stream]?.setEncoding("utf8").on("data", (part: string) => {
      said += part;
      const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    });
    child.once("close", () => reject(new Error(`the server ended: ${said}`)));
  });
}

describe.skipIf(!existsSync(SUITE))("the protocol's conformance suite (skipped where the package is missing)", () => {
  let home: E2eHome;
  const children: ChildProcess[] = [];
  const urls = { direct: "", "a command": "", "an address": "" };

  beforeAll(async () => {
    home = openE2eHome();
    const start = (args: readonly string[]): ChildProcess => {
      const child = spawn(process.execPath, args, { env: home.env, stdio: ["ignore", "pipe", "pipe"] });
      children.push(child);
      return child;
    };
    const direct = start([SERVER, "--http", "0"]);
    direct.stdout?.resume();
    urls.direct = await addressOf(direct, "stderr");
    const relay = (...server: readonly string[]): Promise<string> => {
      const child = start([PROGRAM, "relay", "--allow-all", "--http", "0", ...server]);
      child.stderr?.resume();
      return addressOf(child, "stdout");
    };
    urls["a command"] = await relay("--", process.execPath, SERVER);
    urls["an address"] = await relay("--url", urls.direct);
  });

  afterAll(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue;
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await closed;
    }
    await home[Symbol.asyncDispose]();
  });

  it.each([
    ["2025-11-25", 33],
    ["2026-07-28", 40],
  ])(
    "of %s passes through the relay in each of its %i scenarios, as it does without",
    async (revision, count) => {
      const direct = await runSuite(urls.direct, revision);
      expect(direct).toEqual({ passed: direct.passed, failed: [] });
      expect(direct.passed).toHaveLength(count);
      expect(await runSuite(urls["a command"], revision)).toEqual(direct);
      expect(await runSuite(urls["an address"], revision)).toEqual(direct);
    },
    MINUTES,
  );
});
