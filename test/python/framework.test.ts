import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool } from "../support/sandbox-pool.ts";

const data = writeSyntheticData();
const pool = openTestPool({ dataFolders: [data] });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

const HEAD = `from AlgorithmImports import *

UP, DOWN, FLAT = InsightDirection.UP, InsightDirection.DOWN, InsightDirection.FLAT


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 9)
        self.universe_settings.resolution = Resolution.MINUTE
        self.symbols = [Symbol.create(ticker, SecurityType.EQUITY, Market.USA) for ticker in ("SPY", "IBM")]
        self.set_universe_selection(ManualUniverseSelectionModel(self.symbols))
        self.set_portfolio_construction(EqualWeightingPortfolioConstructionModel())
`;

async function run(body: string, before = ""): Promise<BacktestResult> {
  const main = `${HEAD.replace("\n\nclass", `${before}\n\nclass`)}${body}`;
  const result = await pool.backtest({ files: { "main.py": main } });
  expect(result.error).toBeUndefined();
  return result;
}

describe("the algorithm framework", () => {
  it("turns a constant insight into equal shares, and records each insight as QuantConnect's API does", async () => {
    const result = await run(`
        self.set_alpha(ConstantAlphaModel(InsightType.PRICE, UP, timedelta(hours=1), 0.01, None))

    def on_end_of_algorithm(self):
        for symbol in self.symbols:
            share = self.portfolio[symbol].holdings_value / self.portfolio.total_portfolio_value
            assert 0.45 < share < 0.55, share
`);
    expect(result.orders.filter(({ status }) => status === 3).length).toBeGreaterThanOrEqual(2);
    const insights = result.insights ?? [];
    // Six and a half hours a day, three days, two securities; one is renewed when its hour is over.
    expect(insights.length).toBeGreaterThan(2 * 3 * 5);
    expect(insights[0]).toMatchObject({
      ticker: "SPY",
      type: "price",
      direction: "up",
      magnitude: 0.01,
      confidence: null,
      period: 3600,
    });
    expect(insights[0]?.sourceModel).toBe("ConstantAlphaModel(Price,Up,01:00:00,0.01)");
    expect((insights[0]?.closeTime ?? 0) - (insights[0]?.generatedTime ?? 0)).toBe(3600);
    expect(new Set(insights.map(({ id }) => id)).size).toBe(insights.length);
  });

  it("runs models of the user's own, in either spelling, and closes what no insight supports any more", async () => {
    const result = await run(
      `
        self.set_alpha(Once())
        self.add_alpha(Silent())
        self.set_execution(ImmediateExecutionModel())

    def on_end_of_algorithm(self):
        assert self.heard == ["SPY", "IBM"], self.heard
        assert not self.portfolio.invested
`,
      `
class Once(AlphaModel):
    name = "once"

    def __init__(self):
        self.is_done = False

    def Update(self, algorithm, data):
        if self.is_done:
            return []
        self.is_done = True
        return [Insight.price(symbol, timedelta(minutes=30), UP) for symbol in algorithm.symbols]

    def OnSecuritiesChanged(self, algorithm, changes):
        algorithm.heard = [security.symbol.value for security in changes.AddedSecurities]


class Silent(AlphaModel):
    def update(self, algorithm, data):
        return []
`,
    );
    expect(result.fills).toHaveLength(4);
    expect(result.insights?.map(({ sourceModel }) => sourceModel)).toEqual(["once", "once"]);
  });

  it("weighs by the insights' weights, scaled down to one, and leaves out those without", async () => {
    const result = await run(`
        self.set_portfolio_construction(InsightWeightingPortfolioConstructionModel())
        self.set_alpha(NullAlphaModel())
        self.is_emitted = False

    def on_data(self, data):
        if self.is_emitted or self.time.hour < 11:
            return
        self.is_emitted = True
        hour = timedelta(hours=4)
        self.emit_insights([
            Insight(self.symbols[0], hour, InsightType.PRICE, UP, None, None, None, 1.5),
            Insight.price(self.symbols[1], hour, DOWN, weight=0.5),
        ])
        self.shares = [
            ticket.quantity * self.securities[ticket.symbol].price / self.portfolio.total_portfolio_value
            for ticket in self.transactions.get_order_tickets()
        ]
        assert abs(self.shares[0] - 0.75) < 0.02 and abs(self.shares[1] + 0.25) < 0.02, self.shares
        self.emit_insights(Insight.price(self.symbols[0], hour, UP))

    def on_end_of_algorithm(self):
        assert self.is_emitted
`);
    expect(result.insights?.map(({ weight, direction }) => [weight, direction])).toEqual([
      [1.5, "up"],
      [0.5, "down"],
      [null, "up"],
    ]);
  });

  it("closes a holding that lost too much, whatever the insights say", async () => {
    const result = await run(`
        self.set_alpha(ConstantAlphaModel(InsightType.PRICE, UP, timedelta(5, milliseconds=1500), 1.0, 0.25))
        self.set_risk_management(MaximumDrawdownPercentPerSecurity(0.0001))
        self.add_risk_management(MaximumDrawdownPercentPortfolio(0.5))
`);
    const sells = result.fills.filter(({ quantity }) => quantity.startsWith("-"));
    expect(sells.length).toBeGreaterThanOrEqual(1);
    const closed = result.insights?.find(({ closeTime, generatedTime }) => closeTime - generatedTime < 5 * 86_400);
    expect(closed?.sourceModel).toBe("ConstantAlphaModel(Price,Up,5.00:00:01.5000000,1,0.25)");
  });

  it("orders nothing with the null models, and follows crossing averages and strength with theirs", async () => {
    const nothing = await run(`
        self.set_alpha(ConstantAlphaModel(InsightType.PRICE, UP, timedelta(hours=1)))
        self.set_execution(NullExecutionModel())
        self.set_risk_management(NullRiskManagementModel())
`);
    expect(nothing.orders).toEqual([]);
    const crossing = await run(`
        self.set_alpha(EmaCrossAlphaModel(5, 15, Resolution.MINUTE))
        self.add_alpha(RsiAlphaModel(14, Resolution.MINUTE))
`);
    const models = new Set(crossing.insights?.map(({ sourceModel }) => sourceModel));
    expect(models).toEqual(new Set(["EmaCrossAlphaModel(5,15,Minute)", "RsiAlphaModel(14,Minute)"]));
    expect(crossing.fills.length).toBeGreaterThan(2);
  });

  it("says what it does not have when the project is compiled", async () => {
    const report = await pool.compile({
      "main.py": `${HEAD}        self.set_alpha(MacdAlphaModel())\n        self.add_universe(None)\n`,
    });
    expect(report.ok).toBe(false);
    expect(report.diagnostics.map(({ message }) => message).join()).toMatch(/MacdAlphaModel.*add_universe/s);
    const clean = await pool.compile({ "main.py": `${HEAD}        self.set_alpha(EmaCrossAlphaModel())\n` });
    expect(clean).toMatchObject({ ok: true, diagnostics: [] });
  });
});
