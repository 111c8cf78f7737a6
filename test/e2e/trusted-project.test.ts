import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type E2eCloud, startE2eCloud } from "../support/e2e-cloud.ts";
import { testPython } from "../support/test-python.ts";

const python = testPython();
/** What a cloud calls its first project. */
const TRUSTED = 10_000_001;
const STRATEGY = `from AlgorithmImports import *
import numpy
import pandas


class Numeric(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2022, 1, 3)
        self.set_end_date(2022, 1, 28)
        self.spy = self.add_equity("SPY", Resolution.DAILY).symbol

    def on_data(self, data):
        closes = self.history(self.spy, 5, Resolution.DAILY)["close"]
        self.set_holdings(self.spy, float(numpy.sign(closes.diff().mean())))
`;

const bodySchema = z.looseObject({ success: z.boolean() });

describe.skipIf(python === undefined)("a cloud with a trusted project (skipped without a test Python)", () => {
  let cloud: E2eCloud;
  const call = async (path: string, body: object): Promise<z.infer<typeof bodySchema>> => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const hash = createHash("sha256").update(`${cloud.token}:${timestamp}`).digest("hex");
    const response = await fetch(`${cloud.url}/${path}`, {
      method: "POST",
      headers: {
        Authorization: `Basic ${Buffer.from(`1:${hash}`).toString("base64")}`,
        Timestamp: timestamp,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    return bodySchema.parse(await response.json());
  };
  /** Compiles a project; what it compiled to. */
  const compile = async (projectId: number, extra: object = {}): Promise<z.infer<typeof bodySchema>> => {
    const { compileId } = await call("compile/create", { ...extra, projectId });
    let state = await call("compile/read", { ...extra, projectId, compileId });
    while (state["state"] === "InQueue") {
      await delay(100);
      state = await call("compile/read", { ...extra, projectId, compileId });
    }
    return state;
  };
  const project = async (name: string): Promise<number> => {
    const made = await call("projects/create", { name, language: "Py" });
    const [{ projectId }] = z.object({ projects: z.tuple([z.object({ projectId: z.number() })]) }).parse(made).projects;
    await call("files/update", { projectId, name: "main.py", content: STRATEGY });
    return projectId;
  };
  beforeAll(async () => {
    cloud = await startE2eCloud({ args: ["--trust-project", String(TRUSTED), "--python", python ?? ""] });
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("runs it with numpy and pandas, and says which Python did", async () => {
    const projectId = await project("mine");
    const { state, compileId } = await compile(projectId);
    expect({ projectId, state }).toEqual({ projectId: TRUSTED, state: "BuildSuccess" });
    const made = await call("backtests/create", { projectId, compileId, backtestName: "b" });
    const { backtestId } = z.object({ backtest: z.looseObject({ backtestId: z.string() }) }).parse(made).backtest;
    let backtest: Record<string, unknown> = {};
    do {
      await delay(200);
      const answer = await call("backtests/read", { projectId, backtestId });
      backtest = z.object({ backtest: z.looseObject({}) }).parse(answer).backtest;
    } while (backtest["completed"] !== true);
    expect(backtest["error"] ?? "").toBe("");
    expect(JSON.stringify(backtest["quantwright"])).toMatch(/"executor":"cpython 3\.\d+\.\d+"/);
  }, 60_000);

  it("keeps all others in the sandbox, whatever a request says, and tells how the operator may trust them", async () => {
    const projectId = await project("other");
    const { state, logs } = await compile(projectId);
    expect(state).toBe("BuildError");
    expect(JSON.stringify(logs)).toMatch(/--trust-project/);
    await call("projects/update", { projectId, trusted: true, isTrusted: true, trustedProjects: [projectId] });
    expect((await compile(projectId, { isTrusted: true, trust: true }))["state"]).toBe("BuildError");
  }, 60_000);
});
