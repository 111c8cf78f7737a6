import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { artefactHash } from "../../src/gateway/artefact-hash.ts";
import type { Trial } from "../../src/domain/trial.ts";
import { answered, gatewayUnderTest, type GatewayUnderTest } from "./support.ts";

const MINUTE = 60_000_000;
const own = {
  engine: { name: "quantwright", version: "1", leanCommit: "c" },
  fidelity: { equity: "exact-tested" },
  dataFingerprint: "f",
  orderListHash: "h",
  dailyReturns: [{ date: "2020-01-02", return: 0.01 }],
  fills: [],
  requested: { start: "2020-01-01", end: "2020-12-31" },
  actual: null,
  warnings: [],
  synthetic: true,
};
const ended = { backtestId: "b1", completed: true, status: "Completed.", statistics: { "Sharpe Ratio": 1.5 } };
const lost = (sent: boolean) => ({ kind: "lost", sent, timedOut: false, reason: "it died" }) as const;

describe("trials", () => {
  let desk: GatewayUnderTest;
  beforeEach(async () => {
    desk = await gatewayUnderTest();
    const links = [{ profile: "local" as const, organisation: "o", projectId: 7 }];
    await desk.strategies.add({ id: "s1", name: "S", lifecycle: "draft", createdAt: 1, links });
    const files = [{ name: "main.py", content: "x = 1  \r\n" }];
    desk.upstreams.answers.set("read_file", answered({ success: true, files }));
    desk.upstreams.answers.set("create_backtest", answered({ success: true, backtest: { backtestId: "b1" } }));
  });
  afterEach(() => desk[Symbol.asyncDispose]());

  const call = (tool: string, args: object) =>
    desk.gateway.call({ principal: "host", tool: `qc_${tool}`, arguments: args });
  const create = () =>
    call("create_backtest", { projectId: 7, compileId: "c", backtestName: "first", parameters: { fast: 10 } });
  const read = () => call("read_backtest", { projectId: 7, backtestId: "b1" });
  const only = async (): Promise<Trial> => {
    const [trial, ...more] = await desk.trials.list();
    if (trial === undefined || more.length > 0) throw new Error("expected one trial");
    return trial;
  };

  it("are committed with the intent, before the backtest is asked for", async () => {
    const seen: Trial[] = [];
    desk.upstreams.answers.set("create_backtest", async () => {
      seen.push(await only());
      return answered({ success: true, backtest: { backtestId: "b1" } });
    });
    const { callId } = await create();
    expect(seen[0]).toMatchObject({ state: "open", callId, strategyId: "s1", projectId: 7, backtestId: null });
    expect(seen[0]).toMatchObject({ parameters: { fast: "10" }, principal: "host", name: "first" });
    expect(seen[0]?.artefactHash).toBe(artefactHash([{ name: "main.py", content: "x = 1" }], { fast: "10" }));
    expect(await only()).toMatchObject({ state: "open", backtestId: "b1" });
  });

  it("are opened for no backtest that was never sent", async () => {
    desk.breakLedger(({ kind, tool }) => kind === "intent" && tool === "qc_create_backtest");
    expect((await create()).refusal?.code).toBe("AUDIT_UNAVAILABLE");
    expect(await desk.trials.list()).toEqual([]);
  });

  it("stay open while the backtest runs, and are completed by whoever reads its end", async () => {
    await create();
    desk.upstreams.answers.set("read_backtest", answered({ success: true, backtest: { ...ended, completed: false } }));
    await read();
    expect(await only()).toMatchObject({ state: "open" });
    const body = { success: true, backtest: { ...ended, quantwright: own } };
    desk.upstreams.answers.set("read_backtest", answered(body));
    await read();
    const trial = await only();
    expect(trial).toMatchObject({ state: "completed", closedAt: desk.clock.time });
    expect(trial.result).toMatchObject({ ...own, statistics: { "Sharpe Ratio": "1.5" }, error: null });
    expect(JSON.parse((await desk.artifacts.get(trial.rawArtifact ?? "")) ?? "")).toEqual(body);
  });

  it("take what QuantConnect gives, without our fields: dates, statistics, returns from the equity chart", async () => {
    await create();
    const day = Date.UTC(2020, 0, 2) / 1000;
    const values = [
      [day, 100, 100, 100, 100],
      [day + 3600, 100, 101, 100, 101],
      [day + 86_400, 101, 101, 90, 90.9],
    ];
    desk.upstreams.answers.set(
      "read_backtest",
      answered({
        success: true,
        backtest: { ...ended, backtestStart: "2020-01-01 00:00:00", backtestEnd: "2020-12-31" },
      }),
    );
    const chart = { series: { Equity: { values } } };
    desk.upstreams.answers.set("read_backtest_chart", answered({ success: true, chart }));
    await read();
    const { result, state } = await only();
    expect(state).toBe("completed");
    expect(result).toMatchObject({ requested: { start: "2020-01-01", end: "2020-12-31" }, engine: null });
    expect(result?.dailyReturns).toEqual([{ date: "2020-01-03", return: 90.9 / 101 - 1 }]);
  });

  it("fail with a backtest that ended in an error", async () => {
    await create();
    const backtest = { ...ended, error: "Runtime Error: no", status: "Runtime Error", quantwright: own };
    desk.upstreams.answers.set("read_backtest", answered({ success: true, backtest }));
    await read();
    expect(await only()).toMatchObject({ state: "failed", result: { error: "Runtime Error: no" } });
  });

  it("end when the cloud refuses the backtest, or it was not sent", async () => {
    desk.upstreams.answers.set("create_backtest", answered({ success: false, errors: ["no node"] }));
    await create();
    expect(await only()).toMatchObject({ state: "abandoned", result: { error: "no node" } });
    desk.upstreams.answers.set("create_backtest", lost(false));
    await create();
    expect((await desk.trials.list()).map(({ state }) => state)).toEqual(["abandoned", "abandoned"]);
  });

  it("are closed as deleted with their backtest, unless they had ended", async () => {
    await create();
    await call("delete_backtest", { projectId: 7, backtestId: "b1" });
    expect(await only()).toMatchObject({ state: "deleted" });
    desk.upstreams.answers.set("create_backtest", answered({ success: true, backtest: { backtestId: "b2" } }));
    await create();
    const backtest = { ...ended, backtestId: "b2", quantwright: own };
    desk.upstreams.answers.set("read_backtest", answered({ success: true, backtest }));
    await call("read_backtest", { projectId: 7, backtestId: "b2" });
    await call("delete_backtest", { projectId: 7, backtestId: "b2" });
    expect((await desk.trials.byBacktest("local", "b2"))?.state).toBe("completed");
  });

  it("stay as they are when a deletion was refused", async () => {
    await create();
    desk.upstreams.answers.set("delete_backtest", answered({ success: false, errors: ["it runs"] }));
    await call("delete_backtest", { projectId: 7, backtestId: "b1" });
    expect(await only()).toMatchObject({ state: "open" });
  });

  describe("whose answer was lost", () => {
    beforeEach(async () => {
      desk.upstreams.answers.set("create_backtest", lost(true));
      await create();
    });
    const list = (...backtests: object[]): void => {
      desk.upstreams.answers.set("list_backtests", answered({ success: true, backtests }));
    };

    it("stay open", async () => {
      expect(await only()).toMatchObject({ state: "open", backtestId: null });
      expect((await create()).refusal?.code).toBe("OUTCOME_UNKNOWN");
    });

    it("are found again by the watcher, and then completed", async () => {
      list({ backtestId: "b0", name: "other" }, { backtestId: "b1", name: "first", created: "2023-11-14 22:13:25" });
      await desk.recorder.watch();
      expect(await only()).toMatchObject({ state: "open", backtestId: "b1" });
      desk.upstreams.answers.set(
        "read_backtest",
        answered({ success: true, backtest: { ...ended, quantwright: own } }),
      );
      await desk.recorder.watch();
      expect(await only()).toMatchObject({ state: "completed" });
    });

    it("are not taken for an older backtest of the same name, nor for one that has a trial", async () => {
      list({ backtestId: "b0", name: "first", created: "2023-11-13 10:00:00" });
      await desk.recorder.watch();
      expect(await only()).toMatchObject({ backtestId: null });
      desk.upstreams.answers.set("create_backtest", answered({ success: true, backtest: { backtestId: "b1" } }));
      await create();
      list({ backtestId: "b1", name: "first" });
      await desk.recorder.watch();
      expect((await desk.trials.list()).map(({ backtestId }) => backtestId)).toEqual([null, "b1"]);
    });

    it("are abandoned when nobody found them for ten minutes, not before, and not without an answer", async () => {
      list();
      await desk.recorder.watch();
      expect(await only()).toMatchObject({ state: "open" });
      desk.clock.time += 11 * MINUTE;
      desk.upstreams.answers.set("list_backtests", answered({ success: false, errors: ["Hash doesn't match"] }));
      await desk.recorder.watch();
      expect(await only()).toMatchObject({ state: "open" });
      list();
      await desk.recorder.watch();
      expect(await only()).toMatchObject({ state: "abandoned" });
    });
  });

  it("are closed when their backtest was deleted behind the desk's back, and only then", async () => {
    await create();
    desk.upstreams.answers.set("read_backtest", answered({ success: false, errors: ["Backtest not found"] }));
    desk.upstreams.answers.set("list_backtests", answered({ success: false, errors: ["Hash doesn't match"] }));
    await desk.recorder.watch();
    expect(await only()).toMatchObject({ state: "open" });
    desk.upstreams.answers.set("list_backtests", answered({ success: false, errors: ["Project not found: 7"] }));
    await desk.recorder.watch();
    expect(await only()).toMatchObject({ state: "deleted" });
  });

  it("do not spoil an answer when they cannot be updated", async () => {
    await create();
    desk.upstreams.answers.set("read_backtest", answered({ _summary: { resource: "gone://1" } }));
    const { refusal } = await read();
    expect(refusal).toBeUndefined();
    expect(desk.logged.join()).toMatch(/ledger of call .* not updated/);
    expect(await only()).toMatchObject({ state: "open" });
  });
});

describe("the hash of an artefact", () => {
  it("does not see line ends and blanks at their ends, but sees everything else", () => {
    const hash = artefactHash([{ name: "main.py", content: "a\nb\n" }], { x: "1" });
    expect(artefactHash([{ name: "main.py", content: "a  \r\nb" }], { x: "1" })).toBe(hash);
    expect(artefactHash([{ name: "main.py", content: "a\n b" }], { x: "1" })).not.toBe(hash);
    expect(artefactHash([{ name: "main.py", content: "a\nb" }], { x: "2" })).not.toBe(hash);
    expect(
      artefactHash(
        [
          { name: "main.py", content: "a\nb" },
          { name: "b.py", content: "" },
        ],
        { x: "1" },
      ),
    ).not.toBe(hash);
  });
});
