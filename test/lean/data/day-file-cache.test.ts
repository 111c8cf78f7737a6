import { describe, expect, it } from "vitest";
import { DayFileCache } from "../../../src/lean/data/day-file-cache.ts";
import { parseBarRows } from "../../../src/lean/data/bar-file.ts";

function counting(): { readonly reads: string[]; readonly cache: DayFileCache } {
  const reads: string[] = [];
  const cache = new DayFileCache(
    {
      readText: () => "text",
      readZip: (path) => {
        reads.push(path);
        return path.includes("absent") ? undefined : new Uint8Array(40);
      },
      fingerprint: () => "print",
    },
    100,
  );
  return { reads, cache };
}

describe("the cache of day files", () => {
  it("reads a day file once while it fits, forgets the one unused longest, and never keeps files that grow", () => {
    const { reads, cache } = counting();
    const day = (name: string): string => `crypto/coinbase/second/${name}/20261121_trade.zip`;
    for (const name of ["a", "b", "a", "c", "a", "b", "absent", "absent"]) cache.readZip(day(name));
    expect(reads).toEqual([day("a"), day("b"), day("c"), day("b"), day("absent"), day("absent")]);
    cache.readZip("equity/usa/daily/spy.zip");
    cache.readZip("equity/usa/daily/spy.zip");
    expect(reads).toHaveLength(8);
    expect([cache.readText("x"), cache.fingerprint()]).toEqual(["text", "print"]);
  });

  it("lets a file be parsed once", () => {
    const bytes = new TextEncoder().encode("0,1,2,3,4,5\n60000,1,2,3,4,6\n");
    expect(parseBarRows(bytes, 5, 3)).toBe(parseBarRows(bytes, 5, 3));
    expect(parseBarRows(bytes, 5, 4)).not.toBe(parseBarRows(bytes, 5, 3));
    expect(parseBarRows(bytes, 5, 3)).toMatchObject({ count: 2 });
  });
});
