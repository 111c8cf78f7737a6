import { describe, expect, it } from "vitest";
import { orderContent, orderIntentSchema } from "../../src/domain/order-intent.ts";
import { quoteSchema } from "../../src/domain/quote.ts";

const plain = { account: "A", symbol: "spy", quantity: "-1.50", type: "market" };

describe("an order intent", () => {
  it("names its symbol in one way, and takes quantities as text or number", () => {
    expect(orderIntentSchema.parse({ ...plain, symbol: " brk.b " }).symbol).toBe("BRK.B");
    expect(orderIntentSchema.parse(plain).quantity.toString()).toBe("-1.50");
    expect(orderIntentSchema.parse({ ...plain, quantity: 0.1 }).quantity.toString()).toBe("0.1");
  });

  it.each([
    [{ quantity: 0 }],
    [{ quantity: "0.000" }],
    [{ quantity: Number.NaN }],
    [{ quantity: Number.POSITIVE_INFINITY }],
    [{ quantity: 1e21 }],
    [{ quantity: "1e5" }],
    [{ quantity: "1".repeat(13) }],
    [{ quantity: "" }],
    [{ quantity: null }],
    [{ symbol: "" }],
    [{ symbol: "SPY\u0000" }],
    [{ symbol: "ЅPY" }],
    [{ type: "trailing-stop" }],
    [{ type: "limit" }],
    [{ type: "limit", limitPrice: 0 }],
    [{ type: "limit", limitPrice: "-5" }],
    [{ type: "stop-limit", limitPrice: "5" }],
    [{ type: "stop-market", limitPrice: "5" }],
    [{ account: "" }],
    [{ price: "5" }],
  ])("is refused for %j", (changes) => {
    expect(orderIntentSchema.safeParse({ ...plain, ...changes }).success).toBe(false);
  });

  it("has equal content where it would do the same, however it is written", () => {
    const content = (changes: Record<string, unknown>): string =>
      orderContent(orderIntentSchema.parse({ ...plain, ...changes }));
    expect(content({ limitPrice: "3", stopPrice: "4", intentId: "i", timeInForce: "day" })).toBe(
      content({ quantity: -1.5 }),
    );
    expect(content({ type: "limit", limitPrice: "3.0" })).toBe(content({ type: "limit", limitPrice: 3, stopPrice: 9 }));
    expect(content({ type: "limit", limitPrice: "3.01" })).not.toBe(content({ type: "limit", limitPrice: "3" }));
    expect(content({ quantity: "1.5" })).not.toBe(content({}));
  });
});

describe("a quote", () => {
  it.each([
    [{ price: "0" }],
    [{ price: "-1" }],
    [{ price: "NaN" }],
    [{ bid: "0" }],
    [{ at: 1.5 }],
    [{ multiplier: "0" }],
  ])("is none with %j", (changes) => {
    const quote = { symbol: "SPY", price: "1", currency: "USD", multiplier: "1", source: "s", at: 1 };
    expect(quoteSchema.safeParse(quote).success).toBe(true);
    expect(quoteSchema.safeParse({ ...quote, ...changes }).success).toBe(false);
  });
});
