import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";

const OFFICIAL = fileURLToPath(new URL("../support/official-server.ts", import.meta.url));
const TOKEN = "planted-api-token-of-the-account-55d1";

describe("QuantConnect's own server in place of the vendored one", () => {
  let home: E2eHome;
  const env: Record<string, string> = {};
  const journal = (): (readonly [string, Record<string, unknown>])[] =>
    readFileSync(join(home.folder, "journal"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as readonly [string, Record<string, unknown>]);
  /** A stand-in for the program that starts the container: it serves the open server's tools, but for those. */
  const docker = (lacks: string): void => {
    const script = `#!/bin/sh\necho "$@ $QUANTCONNECT_USER_ID $QUANTCONNECT_API_TOKEN" > '${home.folder}/started'\nJOURNAL='${home.folder}/journal' LACKS='${lacks}' exec '${process.execPath}' '${OFFICIAL}'\n`;
    writeFileSync(join(home.folder, "bin", "docker"), script, { mode: 0o755 });
  };
  beforeAll(async () => {
    home = openE2eHome();
    mkdirSync(join(home.folder, "bin"));
    docker("");
    Object.assign(env, {
      PATH: `${join(home.folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
      QUANTCONNECT_USER_ID: "7771234",
      QUANTCONNECT_API_TOKEN: TOKEN,
    });
  });
  afterAll(() => home[Symbol.asyncDispose](), 60_000);
  const run = (...args: readonly string[]) => home.run([...args, "--profile", "quantconnect", "--json"], { env });
  const call = async (tool: string, args: object): Promise<Record<string, unknown>> => {
    const done = await run("tools", "call", tool, JSON.stringify(args));
    expect(done.code, done.out + done.err).toBe(0);
    return done.json();
  };

  it("is chosen by an operator in a terminal, for profile quantconnect only", async () => {
    const local = await home.run(["upstream", "use", "docker", "--yes", "--json"]);
    expect([local.code, local.out]).toEqual([2, expect.stringContaining("PROFILE_NOT_QUANTCONNECT")]);
    const unasked = await home.run(["upstream", "use", "docker", "--profile", "quantconnect"], { env });
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringMatching(/0: docker[\s\S]*TERMINAL_REQUIRED/)]);
    expect((await run("upstream", "use", "pigeon", "--yes")).code).toBe(2);
    expect((await run("upstream", "use", "docker", "--yes")).json()).toMatchObject({
      chosen: "docker",
      needsRestart: false,
    });
  });

  it("takes a strategy from its project to its backtest, with its own shape of arguments", async () => {
    const { strategyId } = await call("create_strategy", { name: "Chosen", code: "class A(QCAlgorithm):\n    pass\n" });
    const answer = await call("run_backtest", { strategyId });
    expect(answer).toMatchObject({ status: "Completed", statistics: { "Sharpe Ratio": "1.5" } });
    expect(readFileSync(join(home.folder, "started"), "utf8")).toMatch(/^run -i --rm .* 7771234 planted-api-token/);
    const made = journal().filter(([tool]) => /^(?:create_project|create_compile|create_backtest)$/.test(tool));
    expect(made.map(([tool]) => tool)).toEqual(["create_project", "create_compile", "create_backtest"]);
    expect(made.map(([, args]) => Object.keys(args))).toEqual([["model"], ["model"], ["model"]]);
    expect(made[2]?.[1]).toMatchObject({ model: { projectId: 41, compileId: "compile-1" } });
  });

  it("records what is backtested there as trials, and judges calls as the vendored one's", async () => {
    const [trials] = (await run("trials")).lines() as [Record<string, unknown>[]];
    expect(trials).toMatchObject([{ backtestId: "bt-1", state: "completed" }]);
    const explain = async (tool: string, args: object): Promise<unknown> =>
      (await run("policy", "explain", tool, JSON.stringify(args))).json()["class"];
    expect(await explain("qc_create_file", { projectId: 41, name: "a.py", content: "" })).toBe("write");
    // The server's own form is understood, too.
    expect(await explain("qc_read_file", { model: { projectId: 41 } })).toBe("read");
  });

  it("is looked at by doctor, and what it lacks is refused before anything is done", async () => {
    expect((await run("down")).code).toBe(0);
    docker("create_backtest");
    const before = journal().length;
    const strategies = await call("list_strategies", {});
    const [strategy] = strategies["strategies"] as { readonly strategyId: string }[];
    const refused = await run("tools", "call", "run_backtest", JSON.stringify({ strategyId: strategy?.strategyId }));
    expect([refused.code, refused.out]).toEqual([3, expect.stringMatching(/TOOL_NOT_SERVED.*create_backtest/)]);
    const direct = await run("tools", "call", "qc_create_backtest", "{}");
    expect([direct.code, direct.out]).toEqual([3, expect.stringContaining("TOOL_NOT_SERVED")]);
    expect(
      journal()
        .slice(before)
        .map(([tool]) => tool),
    ).not.toContain("create_compile");
    const { checks } = (await run("doctor")).json() as { readonly checks: Record<string, unknown>[] };
    expect(checks.find(({ name }) => name === "quantconnect server")).toMatchObject({
      state: "warning",
      detail: "docker does not list create_backtest (needed by run_backtest)",
    });
  });
});
