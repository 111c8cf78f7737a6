import type { z } from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallAnswer } from "../../../src/gateway/call-request.ts";
import { plainPlan } from "../../../src/gateway/call-plan.ts";
import {
  computeDocumentSchema,
  type FoundComputeBudget,
} from "../../../src/gateway/compute/effective-compute-budget.ts";
import { answered, gatewayUnderTest, testSkill, type GatewayUnderTest } from "../support.ts";
import { OPTIMIZATION } from "./support.ts";

const SECOND = 1_000_000;
const lost = (sent: boolean) => ({ kind: "lost", sent, timedOut: false, reason: "it died" }) as const;
const BACKTEST = { projectId: 7, compileId: "c", backtestName: "first" };

function documentOf(host: object): z.output<typeof computeDocumentSchema> {
  return computeDocumentSchema.parse({ compute: { version: 1, principals: { host } }, signatures: [] });
}

describe("a call that computes", () => {
  let desk: GatewayUnderTest;
  let found: FoundComputeBudget;
  /** How often the budget was asked for. */
  let asked: number;

  beforeEach(async () => {
    asked = 0;
    found = { kind: "absent" };
    const composed = {
      ...testSkill("tune", async (_, context) => {
        await context.upstream("create_backtest", BACKTEST);
        return { data: {}, source: "a test" };
      }),
      class: "compute" as const,
      plan: () =>
        Promise.resolve({
          ...plainPlan("compute"),
          computes: [{ tool: "create_backtest", arguments: { projectId: 7 } }],
        }),
    };
    desk = await gatewayUnderTest({
      skills: [composed],
      computeBudget: () => {
        asked += 1;
        return found;
      },
    });
    desk.upstreams.answers.set("create_backtest", answered({ success: true, backtest: { backtestId: "b1" } }));
    desk.upstreams.answers.set(
      "create_optimization",
      answered({ success: true, optimizations: [{ optimizationId: "O-1" }] }),
    );
  });
  afterEach(() => desk[Symbol.asyncDispose]());

  const limit = (minutesPerDay: number): void => {
    const moneyPerDay = { amount: "10", currency: "USD" };
    found = { kind: "read", value: documentOf({ minutesPerDay, moneyPerDay }) };
  };
  const call = (tool: string, args: object = BACKTEST): Promise<CallAnswer> =>
    desk.gateway.call({ principal: "host", tool, arguments: args });
  const backtest = (): Promise<CallAnswer> => call("qc_create_backtest");
  const sent = (tool = "create_backtest"): number => desk.upstreams.calls.filter((one) => one.tool === tool).length;
  /** Seconds of node time that are taken today. */
  const taken = async (): Promise<number> => {
    const looked = await desk.compute.look({ principal: "host", upstream: "quantconnect", calls: [] });
    if (!looked.ok) throw new Error(looked.refusal.code);
    return looked.value.used.milliseconds / 1000;
  };

  it("takes its estimate with its intent, which says so, and is refused when too little is left", async () => {
    limit(0.5);
    expect((await backtest()).refusal).toBeUndefined();
    expect(await taken()).toBe(15);
    const intent = (await desk.ledger.tail(50)).find(
      ({ kind, tool }) => kind === "intent" && tool.endsWith("backtest"),
    );
    expect(intent?.detail).toContain("estimated at 0.25 node minutes and 0.00 USD: one backtest of 15 s");
    await backtest();
    const { refusal } = await backtest();
    expect(refusal).toMatchObject({ code: "COMPUTE_BUDGET_EXCEEDED" });
    expect(refusal?.message).toContain("0.5 of 0.5 are used of today's budget of host");
    expect(refusal?.remedy).toContain("2023-11-15T00:00:00");
    expect(sent()).toBe(2);
    expect(await desk.audit()).toContain("refusal qc_create_backtest COMPUTE_BUDGET_EXCEEDED");
  });

  it("cannot take the last of a budget together with another one", async () => {
    limit(0.5);
    const answers = await Promise.all(Array.from({ length: 6 }, () => backtest()));
    const refused = answers.filter(({ refusal }) => refusal?.code === "COMPUTE_BUDGET_EXCEEDED");
    expect([refused.length, sent(), await taken()]).toEqual([4, 2, 30]);
    expect((await desk.trials.list()).length).toBe(2);
  });

  it("can be made again when the day in UTC is over", async () => {
    limit(0.25);
    await backtest();
    expect((await backtest()).refusal?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
    desk.clock.time = Date.UTC(2023, 10, 15) * 1000 - 1;
    expect((await backtest()).refusal?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
    desk.clock.time += 1;
    expect((await backtest()).refusal).toBeUndefined();
  });

  it.each([
    ["was not sent", lost(false), 0],
    ["was refused by the cloud", answered({ success: false, errors: ["no node"] }), 0],
    ["got no answer", lost(true), 15],
  ])("that %s leaves of its estimate what it must", async (_, outcome, seconds) => {
    limit(10);
    desk.upstreams.answers.set("create_backtest", outcome);
    await backtest();
    expect(await taken()).toBe(seconds);
  });

  it("is settled with the time that its backtest took, and the next one is estimated by it", async () => {
    limit(10);
    await backtest();
    await desk.compute.settleEnded();
    expect(await taken()).toBe(15);
    desk.clock.time += 40 * SECOND;
    const body = { backtestId: "b1", completed: true, status: "Completed.", statistics: { "Net Profit": "1" } };
    desk.upstreams.answers.set("read_backtest", answered({ success: true, backtest: body }));
    await desk.recorder.watch();
    await desk.compute.settleEnded();
    expect(await taken()).toBe(40);
    desk.upstreams.answers.set("create_backtest", answered({ success: true, backtest: { backtestId: "b2" } }));
    await backtest();
    expect(await taken()).toBe(80);
  });

  it("does not count the time that it waited for a node", async () => {
    limit(10);
    desk.upstreams.answers.set("create_backtest", () => {
      desk.clock.time += 300 * SECOND;
      return answered({ success: true, backtest: { backtestId: "b1" } });
    });
    await backtest();
    desk.clock.time += 20 * SECOND;
    const body = { backtestId: "b1", completed: true, status: "Completed.", statistics: { "Net Profit": "1" } };
    desk.upstreams.answers.set("read_backtest", answered({ success: true, backtest: body }));
    await desk.recorder.watch();
    await desk.compute.settleEnded();
    expect(await taken()).toBe(20);
  });

  it("is given back when the lost call was looked for and never found", async () => {
    limit(10);
    desk.upstreams.answers.set("create_backtest", lost(true));
    await backtest();
    desk.upstreams.answers.set("list_backtests", answered({ success: true, backtests: [] }));
    desk.clock.time += 601 * SECOND;
    await desk.recorder.watch();
    await desk.compute.settleEnded();
    expect(await taken()).toBe(0);
  });

  it("takes each point of an optimisation, and is settled with what its cloud measured", async () => {
    limit(10);
    await call("qc_create_optimization", OPTIMIZATION);
    expect(await taken()).toBe(90);
    const runtimeStatistics = { Completed: "5", Failed: "1", "Average Length": "00:00:04" };
    desk.upstreams.answers.set(
      "read_optimization",
      answered({
        success: true,
        optimization: { optimizationId: "O-1", status: "completed", backtests: {}, runtimeStatistics },
      }),
    );
    await desk.recorder.watch();
    await desk.compute.settleEnded();
    expect(await taken()).toBe(90);
    await desk.recorder.watch();
    expect(await taken()).toBe(24);
  });

  it("counts once where it is composed, and is refused before it begins", async () => {
    limit(0.25);
    expect((await call("tune", {})).refusal).toBeUndefined();
    expect([sent(), await taken()]).toEqual([1, 15]);
    expect((await call("tune", {})).refusal?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
    expect(await desk.audit()).toContain("refusal tune COMPUTE_BUDGET_EXCEEDED");
    expect(sent()).toBe(1);
  });

  it("is refused while the budget cannot be relied on; what does not compute is not even asked about it", async () => {
    found = { kind: "unreadable", reason: "line 3" };
    for (const tool of ["qc_create_backtest", "qc_create_optimization", "qc_create_compile", "tune"]) {
      const args = tool.endsWith("zation") ? OPTIMIZATION : tool === "tune" ? {} : BACKTEST;
      const { refusal } = await call(tool, tool.endsWith("compile") ? { projectId: 7 } : args);
      expect([tool, refusal?.code]).toEqual([tool, "COMPUTE_BUDGET_UNREADABLE"]);
    }
    expect(desk.upstreams.calls.filter(({ tool }) => tool.startsWith("create"))).toEqual([]);
    asked = 0;
    expect((await call("qc_list_projects", {})).refusal).toBeUndefined();
    expect((await call("qc_create_project", { name: "p", language: "Py" })).refusal).toBeUndefined();
    expect(asked).toBe(0);
  });

  it("is refused to a caller without a budget", async () => {
    const looked = await desk.compute.look({ principal: "desk", upstream: "quantconnect", calls: [] });
    expect(looked).toMatchObject({ ok: false, refusal: { code: "COMPUTE_BUDGET_EXCEEDED" } });
  });

  it("is explained with its estimate and what is left", async () => {
    limit(2);
    await backtest();
    const explained = await desk.gateway.explain({
      principal: "host",
      tool: "qc_create_optimization",
      arguments: OPTIMIZATION,
    });
    expect(explained.compute).toMatchObject({
      estimate: { minutes: 1.5, money: "0.00 USD" },
      left: { minutes: 1.75, money: "10.00 USD" },
      renewsAt: "2023-11-15T00:00:00.000Z",
    });
    expect(explained.compute?.refusal).toBeUndefined();
    limit(1);
    const refused = await desk.gateway.explain({
      principal: "host",
      tool: "qc_create_optimization",
      arguments: OPTIMIZATION,
    });
    expect(refused.compute?.refusal?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
    expect(sent("create_optimization")).toBe(0);
  });
});

describe("a call that computes on an account", () => {
  it("is held to a budget in money", async () => {
    const value = documentOf({ minutesPerDay: 480, moneyPerDay: { amount: "0.05", currency: "USD" } });
    await using desk = await gatewayUnderTest({
      profile: "quantconnect",
      computeBudget: () => ({ kind: "read", value }),
    });
    const optimize = (more: object = {}): Promise<CallAnswer> =>
      desk.gateway.call({ principal: "host", tool: "qc_create_optimization", arguments: { ...OPTIMIZATION, ...more } });
    desk.upstreams.answers.set("list_live_algorithms", answered({ success: true, live: [] }));
    const created = { success: true, optimizations: [{ optimizationId: "O-1" }] };
    desk.upstreams.answers.set("create_optimization", answered(created));
    // Six points of 135 s at 0.15 an hour are four cents.
    expect((await optimize()).refusal).toBeUndefined();
    const { refusal } = await optimize();
    expect(refusal).toMatchObject({ code: "COMPUTE_BUDGET_EXCEEDED" });
    expect(refusal?.message).toContain("0.04 of 0.05 USD are used");
  });
});
