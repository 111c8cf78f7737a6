import { beforeEach, describe, expect, it } from "vitest";
import { Board } from "../../../src/lean/board.ts";
import { Clock } from "../../../src/lean/engine/clock.ts";
import type { InsightRecord } from "../../../src/lean/results/insight-record.ts";
import { Journal } from "../../../src/lean/results/journal.ts";
import { ZoneOffsets } from "../../../src/lean/time/zone-offsets.ts";

const SECOND = 1_000_000;
const INSIGHT: InsightRecord = {
  id: "a",
  groupId: null,
  sourceModel: "Mine",
  generatedTime: 0,
  closeTime: 60,
  symbol: "SPY",
  ticker: "SPY",
  type: "price",
  reference: 1,
  referenceFinal: 1,
  direction: "up",
  period: 60,
  magnitude: null,
  confidence: null,
  weight: null,
  scoreFinal: false,
  scoreDirection: 0,
  scoreMagnitude: 0,
  estimatedValue: 0,
  tag: "",
};

describe("the journal of a run", () => {
  let clock: Clock;
  let journal: Journal;
  beforeEach(() => {
    clock = new Clock(new Board(), ZoneOffsets.of("UTC"));
    journal = new Journal(clock);
  });

  it("keeps 4000 points of a series, and says once that later ones are left out", () => {
    const plot = (second: number): void => {
      clock.set(second * SECOND);
      journal.plot("Mine", "price", second);
    };
    for (let second = 1; second <= 4000; second += 1) plot(second);
    expect(journal.warnings).toEqual([]);
    for (let second = 4001; second <= 4003; second += 1) plot(second);
    expect(journal.charts["Mine"]?.series["price"]?.values).toHaveLength(4000);
    expect(journal.charts["Mine"]?.series["price"]?.values.at(-1)).toEqual([4000, 4000]);
    expect(journal.warnings).toEqual([
      { code: "CHART_LIMIT", message: "series price has more than 4000 points: the rest is left out" },
    ]);
  });

  it("keeps 30 custom charts, and names each that is left out", () => {
    for (let count = 1; count <= 31; count += 1) journal.plot(`chart ${count}`, "price", 1);
    expect(Object.keys(journal.charts)).toHaveLength(30);
    expect(journal.warnings).toEqual([
      { code: "CHART_LIMIT", message: "more than 30 custom charts: chart 31 is left out" },
    ]);
  });

  it("keeps 10 000 insights, and says once that later ones are left out", () => {
    const add = (from: number, to: number): void => {
      for (let count = from; count <= to; count += 1) journal.addInsight({ ...INSIGHT, id: String(count) });
    };
    add(1, 10_000);
    expect(journal.warnings).toEqual([]);
    add(10_001, 10_003);
    expect(journal.insights).toHaveLength(10_000);
    expect(journal.insights.at(-1)?.id).toBe("10000");
    expect(journal.warnings).toEqual([
      { code: "INSIGHT_LIMIT", message: "more than 10000 insights: the rest is left out of the result" },
    ]);
  });
});
