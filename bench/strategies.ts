/** The strategies of the benchmark, for LEAN's interface; `backtrader-strategies.py` has the same ones. */
export const STRATEGIES = ["trivial", "typical"] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export interface Period {
  readonly ticker: string;
  readonly resolution: "MINUTE" | "DAILY";
  /** `2014-01-02`. */
  readonly from: string;
  readonly to: string;
  /** Bars of the two averages of the typical strategy. */
  readonly fast: number;
  readonly slow: number;
}

/** A project with one algorithm: `trivial` does nothing a bar, `typical` trades the crossing of two averages. */
export function project(name: StrategyName, period: Period): Record<string, string> {
  return { "main.py": name === "trivial" ? `${head(period)}${TRIVIAL}` : `${head(period)}${typical(period)}` };
}

function head({ ticker, resolution, from, to }: Period): string {
  const date = (text: string): string => text.split("-").map(Number).join(", ");
  return `from AlgorithmImports import *


class Benchmark(QCAlgorithm):
    def initialize(self):
        self.set_start_date(${date(from)})
        self.set_end_date(${date(to)})
        self.set_cash(100000)
        self.symbol = self.add_equity("${ticker}", Resolution.${resolution}).symbol
        self.set_benchmark(lambda time: 1)
`;
}

const TRIVIAL = `
    def on_data(self, data):
        pass
`;

function typical({ resolution, fast, slow }: Period): string {
  return `        self.fast = self.ema(self.symbol, ${fast}, Resolution.${resolution})
        self.slow = self.sma(self.symbol, ${slow}, Resolution.${resolution})

    def on_data(self, data):
        if not self.slow.is_ready:
            return
        if not self.portfolio.invested:
            if self.fast.current.value > self.slow.current.value:
                self.market_order(self.symbol, 100)
        elif self.fast.current.value < self.slow.current.value:
            self.liquidate()
`;
}
