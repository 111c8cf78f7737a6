import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { strategyLab } from "../../src/agents/strategy-lab.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import type { Trial } from "../../src/domain/trial.ts";
import { deflatedSharpe, probabilisticSharpe } from "../../src/evidence/sharpe-evidence.ts";
import { returnMoments } from "../../src/evidence/return-moments.ts";
import { openTrial, trialResult } from "../store/support/records.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { labUnderTest, NOW, type LabUnderTest } from "./support.ts";

let lab: LabUnderTest;
beforeEach(async () => {
  lab = await labUnderTest();
});
afterEach(() => lab[Symbol.asyncDispose]());

const skill = (name: string) => strategyLab(lab.parts).skills.find((one) => one.name === name);
const ask = (name: string, args: object = {}) => lab.ask(skill(name), { ...args });
const refuse = (code: string) => () => {
  throw new RefusalError({ code, message: code });
};
const known = async (): Promise<void> => {
  const links = [{ profile: "local" as const, organisation: "o", projectId: 7 }];
  await lab.strategies.add({ id: "s1", name: "First", lifecycle: "draft", createdAt: 1_577_836_800_000_000, links });
};

describe("create_strategy", () => {
  beforeEach(() => {
    lab.answers.set("create_project", ({ name }) => ({
      projects: [{ projectId: 7, name: `${String(name)} 1`, organizationId: "o" }],
    }));
  });

  it("makes a project with the first template, another one, or the code it is given", async () => {
    expect(await ask("create_strategy", { name: "A" })).toEqual({
      strategyId: "s1",
      name: "A 1",
      projectId: 7,
      file: "main.py",
      lines: 8,
      template: "buy-and-hold",
    });
    const content = "line 1\nline 2\n\n\nfrom quantwright_twin import guard\n\nguard(globals())\n";
    const limits = JSON.stringify({
      storeKey: "quantwright/s1",
      capitalFraction: 1,
      smallestCapitalFraction: 1,
      limits: {},
    });
    expect(lab.asked).toEqual([
      ["create_project", { name: "A", language: "Py" }],
      ["update_file_contents", { projectId: 7, name: "main.py", content }],
      ["create_file", { projectId: 7, name: "quantwright_twin.py", content: "twin" }],
      ["create_file", { projectId: 7, name: "quantwright_limits.py", content: `LIMITS = ${JSON.stringify(limits)}\n` }],
    ]);
    expect(await lab.strategies.byProject("local", 7)).toMatchObject({ id: "s1", name: "A 1", lifecycle: "draft" });
  });

  it("refuses a template that is not there before it makes anything", async () => {
    for (const template of ["none", "constructor", "__proto__"])
      expect((await refusalOf(ask("create_strategy", { name: "A", template }))).code).toBe("TEMPLATE_UNKNOWN");
    expect(lab.asked).toEqual([]);
  });

  it("takes the project away again when its file cannot be written, even if the caller has gone", async () => {
    lab.answers.set("update_file_contents", refuse("CANCELLED"));
    const options: unknown[] = [];
    const upstream = async (tool: string, args: Readonly<Record<string, unknown>>, more?: object) => {
      options.push([tool, more]);
      return lab.answers.get(tool)?.(args) ?? {};
    };
    const refusal = await refusalOf(lab.ask(skill("create_strategy"), { name: "A" }, { upstream }));
    expect(refusal.code).toBe("CANCELLED");
    expect(options.at(-1)).toEqual(["delete_project", { evenIfCancelled: true }]);
    expect(await lab.strategies.list()).toEqual([]);
  });

  it("takes the project away again when the strategy cannot be recorded", async () => {
    await known();
    await expect(ask("create_strategy", { name: "A" })).rejects.toThrow(/unique/i);
    expect(lab.asked.at(-1)).toEqual(["delete_project", { projectId: 7 }]);
  });
});

describe("edit_strategy", () => {
  beforeEach(async () => {
    await known();
    const files = [{ name: "main.py", content: "a = 1\nb = 2\nb = 2\n" }];
    lab.answers.set("read_file", () => ({ files }));
  });
  const edit = (args: object) => ask("edit_strategy", { strategyId: "s1", ...args });

  it("shows a file, and changes nothing by that", async () => {
    expect(await edit({})).toMatchObject({ changed: false, lines: 4, content: "a = 1\nb = 2\nb = 2\n" });
    expect(lab.asked.map(([tool]) => tool)).toEqual(["read_file"]);
  });

  it("keeps the twin at the end of a text that is written anew, once", async () => {
    const twin = "\n\nfrom quantwright_twin import guard\n\nguard(globals())\n";
    lab.answers.set("read_file", () => ({ files: [{ name: "main.py", content: `a = 1\n${twin}` }] }));
    for (const content of ["b = 2\n", `b = 2\n${twin}`]) {
      await edit({ content });
      expect(lab.asked.at(-1)).toEqual([
        "update_file_contents",
        { projectId: 7, name: "main.py", content: `b = 2\n${twin}` },
      ]);
    }
  });

  it("replaces one passage, literally", async () => {
    expect(await edit({ find: "a = 1", replace: "a = $& $1" })).toMatchObject({ changed: true });
    const content = "a = $& $1\nb = 2\nb = 2\n";
    expect(lab.asked.at(-1)).toEqual(["update_file_contents", { projectId: 7, name: "main.py", content }]);
  });

  it("refuses a passage that is not there, or there twice, and says how often", async () => {
    const refused = (count: number) => ({
      code: "PASSAGE_NOT_UNIQUE",
      message: expect.stringContaining(`occurs ${count} times`) as unknown,
    });
    expect(await refusalOf(edit({ find: "b = 2", replace: "" }))).toMatchObject(refused(2));
    expect(await refusalOf(edit({ find: "c", replace: "" }))).toMatchObject(refused(0));
    expect((await refusalOf(edit({ file: "other.py", find: "c", replace: "" }))).code).toBe("FILE_UNKNOWN");
  });

  it.each([{ find: "a = 1" }, { replace: "x" }, { content: "x", find: "a = 1", replace: "y" }])(
    "refuses the half or double request %j before it reads anything",
    async (args) => {
      expect((await refusalOf(edit(args))).code).toBe("ARGUMENTS_INVALID");
      expect(lab.asked).toEqual([]);
    },
  );

  it("writes a whole file, makes a new one, and sends nothing where nothing changes", async () => {
    expect(await edit({ content: "x = 1" })).toMatchObject({ changed: true, lines: 1 });
    expect(await edit({ file: "new.py", content: "y" })).toMatchObject({ changed: true });
    expect(await edit({ content: "a = 1\nb = 2\nb = 2\n" })).toMatchObject({ changed: false });
    expect(lab.asked.map(([tool]) => tool).filter((tool) => tool !== "read_file")).toEqual([
      "update_file_contents",
      "create_file",
    ]);
  });

  it("names the strategies that there are for one that is not", async () => {
    const refusal = await refusalOf(edit({ strategyId: "s9" }));
    expect(refusal).toMatchObject({ code: "STRATEGY_UNKNOWN", remedy: "known are s1 (First)" });
  });

  it("says that a strategy has no project on the profile in use, and asks the cloud nothing", async () => {
    const links = [{ profile: "quantconnect" as const, organisation: "o", projectId: 8 }];
    await lab.strategies.add({ id: "s2", name: "Away", lifecycle: "draft", createdAt: NOW, links });
    const message = "strategy Away has no project on profile local";
    expect(await refusalOf(edit({ strategyId: "s2" }))).toMatchObject({ code: "STRATEGY_NOT_LINKED", message });
    expect(lab.asked).toEqual([]);
  });
});

describe("run_backtest", () => {
  beforeEach(known);

  it("answers with the statistics when it ends in time", async () => {
    const answer = await ask("run_backtest", { strategyId: "s1", parameters: { fast: 10 } });
    expect(answer).toMatchObject({ status: "Completed", statistics: { "Sharpe Ratio": "1.5" } });
    expect(answer["run"]).toMatchObject({ state: "completed", kind: "backtest", progress: 1 });
    expect(answer["next"]).toMatch(/^run_result/);
  });

  it("answers with the run as it is when the caller no longer waits, and the run goes on", async () => {
    lab.cloud.completed = false;
    const signal = AbortSignal.timeout(300);
    const answer = await lab.ask(skill("run_backtest"), { strategyId: "s1" }, { signal });
    expect(answer["run"]).toMatchObject({ state: "running" });
    expect(answer["next"]).toMatch(/^run_status/);
    const run = answer["run"] as { runId: string };
    expect(await lab.bench.runs.get(run.runId)).toMatchObject({ state: "running" });
  });
});

const completed = (id: string, returns: readonly number[], more: Partial<Trial> = {}): Trial =>
  openTrial({
    id,
    strategyId: "s1",
    state: "completed",
    openedAt: 1_577_836_800_000_000 + id.charCodeAt(0),
    result: trialResult({
      dailyReturns: returns.map((value, index) => ({
        date: new Date(Date.UTC(2020, 0, 1 + index)).toISOString().slice(0, 10),
        return: value,
      })),
    }),
    ...more,
  });
const wave = (mean: number): number[] => Array.from({ length: 100 }, (_, day) => mean + (day % 2 === 0 ? 0.01 : -0.01));

describe("analyze_strategy", () => {
  beforeEach(known);

  it("asks for a backtest where none has ended", async () => {
    await lab.trials.add(openTrial({ strategyId: "s1" }));
    const refusal = await refusalOf(ask("analyze_strategy", { strategyId: "s1" }));
    expect(refusal).toMatchObject({
      code: "TRIALS_INSUFFICIENT",
      message: "First has 1 trials, none of them completed",
    });
  });

  it("chooses the best by Sharpe ratio, and gives its numbers", async () => {
    await lab.trials.add(completed("a", [0.1, -0.5, 0.2]));
    await lab.trials.add(completed("b", wave(0.002)));
    const answer = await ask("analyze_strategy", { strategyId: "s1" });
    expect(answer).toMatchObject({ trials: 2, completed: 2, chosen: { trialId: "b" } });
    const performance = answer["performance"] as Record<string, number>;
    const total = (1.012 * 0.992) ** 50 - 1;
    expect(performance["totalReturn"]).toBeCloseTo(total, 10);
    expect(performance["annualReturn"]).toBeCloseTo((1 + total) ** (252 / 100) - 1, 10);
    expect(performance["maximumDrawdown"]).toBeCloseTo(0.008, 10);
    expect(performance["annualSharpe"]).toBeCloseTo((0.002 / (0.01 * Math.sqrt(100 / 99))) * Math.sqrt(252), 10);
    expect(performance).toMatchObject({ days: 100, worstDay: "2020-01-02: -0.80%", bestDay: "2020-01-01: 1.20%" });
    const named = await ask("analyze_strategy", { strategyId: "s1", trialId: "a" });
    expect(named["performance"]).toMatchObject({ days: 3, maximumDrawdown: 0.5 });
    expect((named["evidence"] as { verdict: string }).verdict).toMatch(/insufficient: 3 daily returns; 30 are needed/);
    expect((await refusalOf(ask("analyze_strategy", { strategyId: "s1", trialId: "z" }))).message).toMatch(/"z"/);
  });

  it("deflates by every trial that was opened, completed or not", async () => {
    await lab.trials.add(completed("a", wave(0.003)));
    const evidence = async () =>
      (await ask("analyze_strategy", { strategyId: "s1" }))["evidence"] as Record<string, number>;
    const alone = await evidence();
    const { sharpe = 0, observations, skew, kurtosis } = returnMoments(wave(0.003));
    expect(alone["probabilisticSharpe"]).toBe(probabilisticSharpe({ sharpe, observations, skew, kurtosis }, 0));
    expect(alone["deflatedSharpe"]).toBe(alone["probabilisticSharpe"]);
    await lab.trials.add(completed("b", wave(0.001)));
    const two = await evidence();
    for (let index = 0; index < 20; index += 1)
      await lab.trials.add(openTrial({ id: `open${index}`, strategyId: "s1", state: "abandoned" }));
    const many = await evidence();
    expect(two["deflatedSharpe"]).toBeLessThan(alone["deflatedSharpe"] ?? 0);
    expect(many["deflatedSharpe"]).toBeLessThan(two["deflatedSharpe"] ?? 0);
    expect(String(many["verdict"])).toMatch(/22 trials/);
  });

  it("counts every point of an optimisation as a trial, and finds the best among thousands that never ran", async () => {
    const means = [0.001, 0.002, 0.003, 0.0015, 0.0025, 0.0005];
    for (const [index, mean] of means.entries()) {
      const more = { callId: "o", optimizationId: "O-1", name: "sweep", parameters: { fast: String(index) } };
      await lab.trials.add(completed(`p${index}`, wave(mean), more));
    }
    const estimate = returnMoments(wave(0.003));
    const variance = returnMoments(means.flatMap((mean) => returnMoments(wave(mean)).sharpe ?? [])).deviation ** 2;
    const deflated = (trials: number) =>
      deflatedSharpe({ ...estimate, sharpe: estimate.sharpe ?? 0 }, { trials, variance });
    const answer = await ask("analyze_strategy", { strategyId: "s1" });
    expect(answer).toMatchObject({ trials: 6, completed: 6, chosen: { name: "sweep", parameters: { fast: "2" } } });
    expect((answer["evidence"] as Record<string, number>)["deflatedSharpe"]).toBe(deflated(6));
    for (let index = 0; index < 1100; index += 1) {
      const more = { callId: "o2", strategyId: "s1", state: "abandoned" as const, openedAt: NOW + index };
      await lab.trials.add(openTrial({ id: `never${index}`, ...more }));
    }
    const more = await ask("analyze_strategy", { strategyId: "s1" });
    expect(more).toMatchObject({ trials: 1106, completed: 6, chosen: { parameters: { fast: "2" } } });
    expect((more["evidence"] as Record<string, number>)["deflatedSharpe"]).toBe(deflated(1106));
  });
});

describe("list_strategies", () => {
  it("gives each with its project, its trials and its best Sharpe ratio", async () => {
    expect(await ask("list_strategies")).toEqual({ strategies: [] });
    await known();
    for (const [id, sharpe] of [
      ["a", "0.9"],
      ["b", "10.1"],
      ["c", "N/A"],
    ] as const)
      await lab.trials.add(
        openTrial({ id, state: "completed", result: trialResult({ statistics: { "Sharpe Ratio": sharpe } }) }),
      );
    const { strategies } = (await ask("list_strategies")) as { strategies: unknown[] };
    expect(strategies).toMatchObject([
      { strategyId: "s1", projectId: 7, trials: 3, created: "2020-01-01T00:00:00.000Z" },
    ]);
    expect(JSON.stringify(strategies)).toContain('"10.1"');
  });
});
