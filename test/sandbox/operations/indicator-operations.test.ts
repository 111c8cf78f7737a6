import { describe, expect, it } from "vitest";
import { runBacktest } from "../../../src/lean/run-backtest.ts";
import { indicatorOperations } from "../../../src/sandbox/operations/indicator-operations.ts";
import { dataSourceOf, syntheticFiles } from "../../support/lean-synthetic.ts";

const FILES = syntheticFiles();

describe("the operations on indicators", () => {
  it.each([
    ["indicator.create", (kind: string) => [kind, "mine", "[5]"]],
    ["indicator.helper", (kind: string) => [kind, 0, "[5]"]],
  ])("end the run at %s with an indicator that the engine does not have, named", (operation, values) => {
    const end = (kind: string) =>
      runBacktest({
        createStrategy: (algorithm) => ({
          initialize() {
            algorithm.setStartDate(2013, 10, 7);
            algorithm.setEndDate(2013, 10, 7);
            algorithm.addEquity({ ticker: "SPY" });
            const operations = indicatorOperations({
              algorithm,
              callBack: () => undefined,
              callBackWithBar: () => undefined,
            });
            operations[operation]?.(...values(kind));
          },
        }),
        algorithmName: "Test",
        data: dataSourceOf(FILES),
        parameters: {},
        engineVersion: "test",
      }).error;
    expect(end("sma")).toBeUndefined();
    expect(end("nosuch")).toMatchObject({
      phase: "initialize",
      code: "UNSUPPORTED_INDICATOR",
      message: "the indicator nosuch is not supported yet",
    });
  });
});
