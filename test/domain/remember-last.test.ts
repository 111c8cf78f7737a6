import { describe, expect, it } from "vitest";
import { rememberLast } from "../../src/domain/remember-last.ts";

describe("a remembered result", () => {
  it("is given again while every part is the very same, and made anew when one is not", () => {
    let made = 0;
    const sum = rememberLast((parts: { readonly list: readonly number[]; readonly more?: number }) => {
      made += 1;
      return { total: parts.list.reduce((total, one) => total + one, parts.more ?? 0) };
    });
    const list = [1, 2];
    expect(sum({ list })).toBe(sum({ list }));
    expect(made).toBe(1);
    expect(sum({ list, more: 3 }).total).toBe(6);
    expect(sum({ list: [1, 2], more: 3 }).total).toBe(6);
    expect(sum({ list }).total).toBe(3);
    expect(made).toBe(4);
  });
});
