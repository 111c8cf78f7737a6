import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createIndicator, findIndicator } from "../../../src/lean/indicators/catalogue.ts";
import type { Indicator } from "../../../src/lean/indicators/indicator.ts";
import { SHARED_LEAN } from "../../support/lean-targets.ts";

const FOLDER = `${SHARED_LEAN}indicators/`;
const TYPES = [
  "Simple",
  "Exponential",
  "Wilders",
  "LinearWeightedMovingAverage",
  "DoubleExponential",
  "TripleExponential",
];

interface Comparison {
  readonly property: string;
  readonly column: string;
  readonly compare: { abs?: number; maxRelative?: number; format?: string };
  readonly comparedRows: number;
  readonly scaleActual?: number;
  readonly transformExpected?: string;
}

interface Case {
  readonly id: string;
  readonly indicator: string;
  readonly inputKind: string;
  readonly arguments: Readonly<Record<string, number | string>>;
  readonly effectiveArguments?: Readonly<Record<string, number | string>>;
  readonly file: string;
  readonly rows: number;
  readonly volumeColumn?: string;
  readonly values: readonly Comparison[];
  readonly readyAfterSamples: number;
  readonly rule: string;
}

const has = existsSync(`${FOLDER}indicators.json`);
const cases: readonly Case[] = has
  ? (JSON.parse(readFileSync(`${FOLDER}indicators.json`, "utf8")) as { cases: Case[] }).cases
      .map((one) => ({ ...one, indicator: one.indicator.split(".")[0] ?? one.indicator }))
      .filter(
        (one) => findIndicator(one.indicator) !== undefined && ["value", "bar", "tradeBar"].includes(one.inputKind),
      )
  : [];

function make(one: Case): Indicator {
  const definition = findIndicator(one.indicator);
  const given: Record<string, number> = {};
  for (const [name, value] of Object.entries(one.effectiveArguments ?? one.arguments)) {
    const number = typeof value === "number" ? value : TYPES.indexOf(value.split(".")[1] ?? "");
    for (const parameter of definition?.parameters ?? []) {
      const isSame = parameter.name === name;
      const isPart = name === "period" && /^(upper|lower)Period$/.test(parameter.name);
      if (isSame || isPart) given[parameter.name] = number;
    }
  }
  return createIndicator(one.indicator, given);
}

interface Row {
  readonly cell: (column: string) => string;
}

function rowsOf(file: string): Row[] {
  const lines = readFileSync(`${FOLDER}csv/${file}`, "utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/);
  const header = (lines[0] ?? "").split(",").map((name) => name.trim().toLowerCase());
  return lines
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const cells = line.split(",").map((cell) => cell.trim());
      return { cell: (column) => cells[header.indexOf(column.trim().toLowerCase())] ?? "" };
    });
}

function matches(actual: number, expected: number, { compare }: Comparison): boolean {
  if (compare.format !== undefined) return actual.toExponential(2) === expected.toExponential(2);
  const difference = Math.abs(actual - expected);
  if (compare.abs === 0) return Number(actual.toPrecision(15)) === expected;
  if (difference > (compare.abs ?? 0)) return false;
  if (compare.maxRelative === undefined) return true;
  return expected === 0 ? actual === 0 : difference / Math.abs(expected) <= compare.maxRelative;
}

/** Runs all rows; how many were compared per value and where it became ready. */
function run(one: Case, indicator: Indicator): { compared: number[]; readyAt: number; wrong: string[] } {
  const compared = one.values.map(() => 0);
  const wrong: string[] = [];
  let readyAt = 0;
  for (const [index, row] of rowsOf(one.file).entries()) {
    const number = (column: string): number => Number(row.cell(column) || row.cell("close") || row.cell("value"));
    const close = number("close");
    indicator.update({
      time: index * 86_400e6,
      open: number("open"),
      high: number("high"),
      low: number("low"),
      close,
      volume: Number(row.cell(one.volumeColumn ?? "volume")) || 0,
    });
    if (indicator.isReady && readyAt === 0) readyAt = index + 1;
    if (one.rule.startsWith("skip") && !indicator.isReady) continue;
    for (const [place, value] of one.values.entries()) {
      const cell = row.cell(value.column);
      if (cell === "" || Number.isNaN(Number(cell))) continue;
      const key = value.property.charAt(0).toLowerCase() + value.property.slice(1);
      const own = value.property === "Current" ? indicator : indicator.parts[key];
      const actual = (own?.value ?? Number.NaN) * (value.scaleActual ?? 1);
      const expected = value.transformExpected === "sqrt" ? Math.sqrt(Number(cell)) : Number(cell);
      if (one.indicator === "OnBalanceVolume" && index === 0) continue;
      compared[place] = (compared[place] ?? 0) + 1;
      if (!matches(actual, expected, value)) wrong.push(`row ${index} ${value.property}: ${actual}, not ${expected}`);
    }
  }
  return { compared, readyAt, wrong: wrong.slice(0, 3) };
}

describe.skipIf(!has)("LEAN's indicator truth table (skipped without ../shared/lean)", () => {
  it("has cases for at least 25 of our indicators", () => {
    expect(new Set(cases.map((one) => one.indicator)).size).toBeGreaterThanOrEqual(25);
  });

  for (const one of cases) {
    it(`is matched by ${one.id}, also after a reset`, () => {
      const indicator = make(one);
      const wanted = {
        compared: one.values.map((value) => value.comparedRows),
        readyAt: one.rows < one.readyAfterSamples ? 0 : one.readyAfterSamples,
        wrong: [],
      };
      expect(run(one, indicator)).toEqual(wanted);
      indicator.reset();
      expect([indicator.value, indicator.samples, indicator.isReady]).toEqual([0, 0, false]);
      expect(run(one, indicator)).toEqual(wanted);
    });
  }
});
