import { describe, expect, it } from "vitest";
import { RowReader, parseBarRows } from "../../../src/lean/data/bar-file.ts";
import { MICROS_PER_DAY, isoDate } from "../../../src/lean/time/civil-date.ts";

const DAY = 19_000;

/** A file of one day with a row each second but some, and prices of many shapes. */
function dayFile(): { readonly bytes: Uint8Array; readonly prices: string[] } {
  const prices: string[] = [];
  const lines: string[] = [];
  for (let second = 0; second < 20_000; second += 1) {
    if (second % 97 === 0) continue;
    const price = (second * 7919.123456789 + second / 3).toFixed(second % 12).replace(/^0(?=\.)/, "");
    prices.push(price);
    lines.push(`${second * 1000},${price},${second},,1.50000000,2`);
  }
  return { bytes: new TextEncoder().encode(`${lines.join("\n")}\n`), prices };
}

describe("price files of a day", () => {
  it("have the numbers that JavaScript reads from the same texts", () => {
    const { bytes, prices } = dayFile();
    const rows = parseBarRows(bytes, 5, DAY);
    expect(rows.count).toBe(prices.length);
    for (const [row, price] of prices.entries()) expect(rows.values[row * 5]).toBe(Number(price));
    expect(Array.from(rows.values.subarray(2, 5))).toEqual([0, 1.5, 2]);
  });

  it.each([0, 1, 96_500, 97_000, 5_000_000, 9_999_999, 19_999_000, 30_000_000])(
    "are read from a time of %i ms on as the whole file is",
    (milliseconds) => {
      const { bytes } = dayFile();
      const from = DAY * MICROS_PER_DAY + milliseconds * 1000;
      const whole = parseBarRows(bytes, 5, DAY);
      const expected = Array.from(whole.time.subarray(0, whole.count)).filter((time) => time >= from);
      const reader = new RowReader(bytes, { fields: 5, day: DAY, from });
      const times: number[] = [];
      for (let rows = reader.next(); rows !== undefined; rows = reader.next()) {
        times.push(...rows.time.slice(0, rows.count));
      }
      expect(times).toEqual(expected);
    },
  );

  it("of many days are read from a day on as the whole file is", () => {
    const dates = Array.from({ length: 3000 }, (_, at) => isoDate(DAY + at).replaceAll("-", ""));
    const lines = dates.flatMap((date) => [`${date} 09:00,1,2,3,4,5`, `${date} 10:00,6,7,8,9,10`]);
    const bytes = new TextEncoder().encode(lines.join("\n"));
    const whole = parseBarRows(bytes, 5);
    for (const skipped of [0, 1, 1234, 2999, 3000]) {
      const from = (DAY + skipped) * MICROS_PER_DAY;
      const reader = new RowReader(bytes, { fields: 5, day: undefined, from });
      let count = 0;
      for (let rows = reader.next(); rows !== undefined; rows = reader.next()) count += rows.count;
      expect(count).toBe(whole.count - skipped * 2);
    }
  });
});
