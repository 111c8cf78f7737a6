import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonLineReader } from "../../src/domain/json-lines.ts";

interface Read {
  readonly values: unknown[];
  readonly tooLong: { id: unknown; isRequest: boolean; bytes: number }[];
  garbage: number;
}

/** Reads a text in chunks of the given sizes, which repeat. */
function read(text: string, maxBytes: number, sizes: readonly number[] = [1_000_000]): Read {
  const result: Read = { values: [], tooLong: [], garbage: 0 };
  const reader = new JsonLineReader(maxBytes, {
    onValue: (value) => void result.values.push(value),
    onGarbage: () => void (result.garbage += 1),
    onTooLong: (line) => void result.tooLong.push(line),
  });
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    reader.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return result;
}

describe("lines of JSON", () => {
  it("are read whole however they are cut, in characters of any length", () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (values, sizes) => {
          const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");
          expect(JSON.stringify(read(text, 1_000_000, sizes).values)).toBe(JSON.stringify(values));
        },
      ),
    );
  });

  it("that are blank are passed over, that are no JSON are counted, and the next one is understood", () => {
    const { values, garbage } = read('\n  \nnope\n{"a":\n[1]\n', 1000);
    expect(values).toEqual([[1]]);
    expect(garbage).toBe(2);
  });

  it("over the limit are not kept, but named by their top-level id wherever it stands", () => {
    const filler = `"text":"${"x".repeat(200)} \\" \\\\","inner":{"id":"wrong","list":[{"id":4}]}`;
    for (const [line, id, isRequest] of [
      [`{"jsonrpc":"2.0","id":7,"method":"m",${filler}}`, 7, true],
      [`{${filler},"method":"m","id":"seven"}`, "seven", true],
      [`{${filler}, "id" : 12 ,"result":{}}`, 12, false],
      [`{${filler},"result":{"id":3}}`, undefined, false],
      [`[{"id":5},${JSON.stringify("y".repeat(200))}]`, undefined, false],
    ] as const) {
      for (const sizes of [[1], [7, 3], [1000]]) {
        const { values, tooLong } = read(`${line}\n{"id":1}\n`, 100, sizes);
        expect(tooLong).toEqual([{ id, isRequest, bytes: line.length }]);
        expect(values).toEqual([{ id: 1 }]);
      }
    }
  });
});
