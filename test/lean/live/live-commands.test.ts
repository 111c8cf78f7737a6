import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import { dataSourceOf, syntheticFiles } from "../../support/lean-synthetic.ts";
import { LiveInProcess, utc } from "./live-in-process.ts";

const holdSpy = (algorithm: QcAlgorithm): Strategy => ({
  initialize: () => algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.MINUTE }),
  onData: () => undefined,
});

function running(): LiveInProcess {
  const live = new LiveInProcess({
    data: dataSourceOf(syntheticFiles()),
    startUtc: utc("2013-10-07T04:00:00Z"),
    endUtc: utc("2013-10-12T03:59:59Z"),
    createStrategy: holdSpy,
  }).start();
  live.run.advance(utc("2013-10-07T15:00:00Z"), live.broker.advance(utc("2013-10-07T15:00:00Z")));
  return live;
}

describe("a command that makes no sense", () => {
  it.each(["toString", "constructor", "__proto__", "hasOwnProperty"])(
    "of the type %s is taken for one of the user's, and the algorithm goes on",
    (type) => {
      const answer = running().run.command("1", { $type: type });
      expect(answer).toMatchObject({ result: { success: false, message: "none" } });
      expect(answer).toHaveProperty("position");
    },
  );

  it.each([
    ["a quantity beyond all decimals", { $type: "OrderCommand", Ticker: "SPY", Quantity: 1e300 }],
    [
      "a price beyond all decimals",
      { $type: "OrderCommand", Ticker: "SPY", OrderType: 1, Quantity: 1, LimitPrice: 1e300 },
    ],
  ])("with %s fails, and the algorithm goes on", (_what, command) => {
    const answer = running().run.command("1", command);
    expect(answer.result.success).toBe(false);
    expect(answer.result.message).not.toBe("");
    expect(answer).toHaveProperty("position");
  });

  it("that names a market after a word of the language is no fault of the engine", () => {
    const command = { $type: "AddSecurityCommand", SecurityType: 7, Symbol: "BTCUSD", Market: "constructor" };
    expect(() => running().run.command("1", command)).not.toThrow();
  });
});
