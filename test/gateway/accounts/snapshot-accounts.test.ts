import { describe, expect, it } from "vitest";
import { snapshotAccounts } from "../../../src/gateway/accounts/snapshot-accounts.ts";

const NOW = 1_700_000_000_000_000;
const DEPLOYED = new Map([[7, { deployId: "L-7", mode: "LIVE" as const }]]);

const portfolio = {
  portfolio: {
    holdings: { "SPY R735QTJ8XC9X": { a: 400, q: 10, p: 410, v: 4100, u: 100 } },
    cash: { USD: { amount: 900.5, conversionRate: 1 }, EUR: { amount: 10, conversionRate: 1.1 } },
  },
};
const order = (id: number, status: number, more: object = {}): object => ({
  id,
  type: 1,
  quantity: 10,
  status,
  symbol: { value: "SPY" },
  limitPrice: 400,
  ...more,
});

function accountsOf(answers: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
  const asked: string[] = [];
  const accounts = snapshotAccounts({
    read: (tool) => {
      asked.push(tool);
      const answer = answers[tool];
      return answer === undefined ? Promise.reject(new Error(`${tool} was not expected`)) : Promise.resolve(answer);
    },
    running: () => Promise.resolve(DEPLOYED),
    clock: { now: () => NOW },
  });
  return { accounts, asked };
}

describe("an account of QuantConnect's cloud", () => {
  it("is what its snapshot and its orders say, as old as a snapshot can be, and without quotes", async () => {
    const orders = [
      order(1, 3),
      order(2, 2, { events: [{ fillQuantity: 4 }], tag: "i-1" }),
      order(3, 5),
      order(4, 1, { type: 0, limitPrice: 0, quantity: -3 }),
    ];
    const { accounts } = accountsOf({ read_live_portfolio: portfolio, read_live_orders: { orders, length: 4 } });
    const view = await accounts.view(7);
    if (!view.ok) throw new Error(view.refusal.message);
    expect(view.value).toMatchObject({ deployId: "L-7", mode: "LIVE", asOf: NOW - 600_000_000, currency: "USD" });
    expect(view.value.equity.toString()).toBe("5011.5");
    expect(view.value.quotes.size).toBe(0);
    const working = view.value.working.map(({ orderId, remaining, limitPrice, type, tag }) =>
      [orderId, remaining.toString(), limitPrice?.toString() ?? "none", type, tag].join(" "),
    );
    expect(working).toEqual(["2 6 400 limit i-1", "4 -3 none market "]);
  });

  it.each([
    ["a portfolio that says no amounts", { read_live_portfolio: { portfolio: { holdings: {} } } }],
    [
      "amounts that are no numbers",
      {
        read_live_portfolio: {
          portfolio: { ...portfolio.portfolio, cash: { USD: { amount: "1", conversionRate: 1 } } },
        },
      },
    ],
    ["orders that do not come", { read_live_portfolio: portfolio }],
    [
      "more orders than one page holds",
      { read_live_portfolio: portfolio, read_live_orders: { orders: [], length: 1001 } },
    ],
  ])("cannot be seen with %s", async (_, answers) => {
    const view = await accountsOf(answers).accounts.view(7);
    expect(view).toMatchObject({ ok: false, refusal: { code: "ACCOUNT_UNAVAILABLE", retryable: true } });
  });

  it("is not asked for where nothing is known to run", async () => {
    const { accounts, asked } = accountsOf({});
    expect(await accounts.view(8)).toMatchObject({ ok: false, refusal: { code: "ACCOUNT_UNAVAILABLE" } });
    expect(asked).toEqual([]);
  });
});
