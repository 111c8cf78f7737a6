import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { normalCdf, normalQuantile } from "../../src/evidence/normal-distribution.ts";
import {
  deflatedSharpe,
  expectedMaximum,
  minimumTrackRecord,
  probabilisticSharpe,
} from "../../src/evidence/sharpe-evidence.ts";
import { returnMoments } from "../../src/evidence/return-moments.ts";

const VECTORS = fileURLToPath(new URL("../../../shared/statistics/vectors.json", import.meta.url));
const row = z.record(z.string(), z.number());
const vectorsSchema = z.object({
  expectedMaximum: z.array(row),
  deflatedSharpe: z.array(row),
  probabilisticSharpe: z.array(row),
  minimumTrackRecordLength: z.array(z.record(z.string(), z.union([z.number(), z.string()]))),
});

describe("the normal distribution", () => {
  it("gives known values in the centre and far in the tails", () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalCdf(-8) / 6.220960574271784e-16).toBeCloseTo(1, 12);
    expect(normalCdf(-3) / 0.0013498980316300946).toBeCloseTo(1, 13);
  });

  it("inverts itself", () => {
    for (const p of [1e-12, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999999])
      expect(normalCdf(normalQuantile(p)) / p).toBeCloseTo(1, 12);
  });
});

describe("the moments of returns", () => {
  it("has no Sharpe ratio for flat returns", () => {
    expect(returnMoments([0.01, 0.01, 0.01]).sharpe).toBeUndefined();
    expect(returnMoments([]).sharpe).toBeUndefined();
  });

  it("uses raw kurtosis and the sample deviation", () => {
    const moments = returnMoments([1, 2, 3, 4]);
    expect(moments.deviation).toBeCloseTo(1.2909944487, 9);
    expect(moments.kurtosis).toBeCloseTo(1.64, 9);
    expect(moments.skew).toBeCloseTo(0, 12);
  });
});

describe.skipIf(!existsSync(VECTORS))(
  "the published statistics of promotion (skipped without ../shared/statistics)",
  () => {
    const vectors = existsSync(VECTORS) ? vectorsSchema.parse(JSON.parse(readFileSync(VECTORS, "utf8"))) : undefined;
    const value = (source: Record<string, number | string>, name: string, otherwise = 0): number =>
      Number(source[name] ?? otherwise);

    it("gives the expected maximum of a number of trials", () => {
      expect(vectors?.expectedMaximum.length).toBeGreaterThan(3);
      for (const vector of vectors?.expectedMaximum ?? [])
        expect(expectedMaximum(value(vector, "trials"))).toBeCloseTo(value(vector, "value"), 6);
    });

    it("gives the probabilistic Sharpe ratio", () => {
      expect(vectors?.probabilisticSharpe.length).toBeGreaterThan(2);
      for (const vector of vectors?.probabilisticSharpe ?? []) {
        const estimate = {
          sharpe: value(vector, "annualSharpe") / Math.sqrt(value(vector, "periodsPerYear")),
          observations: value(vector, "observations"),
          skew: value(vector, "skew"),
          kurtosis: value(vector, "kurtosis"),
        };
        expect(probabilisticSharpe(estimate, value(vector, "benchmark"))).toBeCloseTo(value(vector, "value"), 6);
      }
    });

    it("gives the deflated Sharpe ratio", () => {
      expect(vectors?.deflatedSharpe.length).toBeGreaterThan(3);
      for (const vector of vectors?.deflatedSharpe ?? []) {
        const periods = value(vector, "periodsPerYear");
        const estimate = {
          sharpe: value(vector, "annualSharpe") / Math.sqrt(periods),
          observations: value(vector, "observations"),
          skew: value(vector, "skew"),
          kurtosis: value(vector, "kurtosis"),
        };
        const tried = { trials: value(vector, "trials"), variance: value(vector, "annualTrialVariance") / periods };
        expect(deflatedSharpe(estimate, tried)).toBeCloseTo(value(vector, "value"), 6);
      }
    });

    it("gives the minimum track record length", () => {
      const rows = (vectors?.minimumTrackRecordLength ?? []).filter(
        (vector) => "periods" in vector || "years" in vector,
      );
      expect(rows.length).toBeGreaterThan(3);
      for (const vector of rows) {
        const periods = value(vector, "periodsPerYear");
        const estimate = {
          sharpe: value(vector, "annualSharpe") / Math.sqrt(periods),
          skew: value(vector, "skew"),
          kurtosis: value(vector, "kurtosis", 3),
        };
        const benchmark =
          "benchmark" in vector ? value(vector, "benchmark") : value(vector, "benchmarkAnnual") / Math.sqrt(periods);
        const length = minimumTrackRecord(estimate, benchmark, value(vector, "confidence")) ?? Number.NaN;
        const expected = "periods" in vector ? value(vector, "periods") : value(vector, "years") * periods;
        expect(Math.abs(length - expected)).toBeLessThan(Math.max(1e-3, expected * 1e-6));
      }
    });
  },
);
