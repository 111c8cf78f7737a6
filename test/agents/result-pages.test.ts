import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAGE_CHARACTERS, pagesOf, sectionsOf } from "../../src/agents/result-pages.ts";

/** Joins pages as their reader does: pages of one kind are put together, pieces of text make up the items between them. */
function rejoin(pages: readonly unknown[], kind: "list" | "map" | "text"): unknown {
  if (kind === "text") return pages.join("");
  const items: unknown[] = [];
  let text = "";
  for (const page of pages) {
    if (typeof page === "string") {
      text += page;
      try {
        items.push(JSON.parse(text));
        text = "";
      } catch {
        // The item goes on in the next piece.
      }
    } else items.push(...(Array.isArray(page) ? (page as unknown[]) : Object.entries(page as object)));
  }
  if (text !== "") throw new Error("a piece is left over");
  return kind === "list" ? items : Object.fromEntries(items as [string, unknown][]);
}

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.constantFrom(
    "\u0000".repeat(3000),
    '"\\'.repeat(5000),
    "😀".repeat(4500),
    "\ud800",
    "x".repeat(7996),
    "x".repeat(7997),
  ),
);
const member = fc.oneof(
  nasty,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
  fc.constant(null),
);
const options = { numRuns: 150 };
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What the pages of a value are together, after a look at the length of each. */
function throughPages(value: unknown, kind: "list" | "map" | "text"): unknown {
  const pages = pagesOf(value);
  if (pages.some((page) => JSON.stringify(page).length > PAGE_CHARACTERS)) throw new Error("a page is too long");
  const whole = pages.length === 1 && JSON.stringify(value).length <= PAGE_CHARACTERS;
  return json(whole ? pages[0] : rejoin(pages, kind));
}

describe("the pages of a result", () => {
  it("are at most 8,000 characters each, and together the whole: lists", () => {
    const lists = fc.array(
      fc.oneof(
        member.filter((one) => typeof one !== "string"),
        fc.array(member, { maxLength: 30 }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(lists, (list) => {
        expect(throughPages(list, "list")).toEqual(json(list));
      }),
      options,
    );
  });

  it("are at most 8,000 characters each, and together the whole: maps", () => {
    const key = fc.string({ unit: "binary", maxLength: 50 }).filter((name) => name !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(key, member, { maxKeys: 60 }), (map) => {
        expect(throughPages(map, "map")).toEqual(json(map));
      }),
      options,
    );
  });

  it("are at most 8,000 characters each, and together the whole: texts", () => {
    const texts = fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        expect(throughPages(text, "text")).toEqual(json(text));
      }),
      options,
    );
  });

  it("cut no character in two", () => {
    for (const page of pagesOf(`x${"😀".repeat(9000)}`)) expect(String(page).isWellFormed()).toBe(true);
  });

  it("fill a page to its last character, and no further", () => {
    expect(pagesOf("x".repeat(PAGE_CHARACTERS - 2))).toHaveLength(1);
    expect(pagesOf("x".repeat(PAGE_CHARACTERS - 1))).toHaveLength(2);
    for (const size of [7992, 7993, 7994, 7995, 7996, 7997, 7998])
      expect(throughPages([["x".repeat(size)], 1], "list")).toEqual([["x".repeat(size)], 1]);
  });

  it("are counted in the list of sections", () => {
    expect(sectionsOf({ a: [1, 2], b: "x".repeat(20_000), c: null })).toEqual([
      { name: "a", characters: 5, pages: 1, items: 2 },
      { name: "b", characters: 20_002, pages: 3 },
      { name: "c", characters: 4, pages: 1 },
    ]);
  });
});
