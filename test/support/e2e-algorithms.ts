/** Buys the made-up SPY on its first bar and holds it. */
export const BUY_AND_HOLD = algorithm(`
    def on_data(self, data):
        if not self.portfolio.invested:
            self.set_holdings("SPY", 1)
`);

/** As above, but busy for a second or so on each of its first days: long enough to kill something meanwhile. */
export function busyAlgorithm(turns: number): string {
  return algorithm(`
    def on_data(self, data):
        self.days = getattr(self, "days", 0) + 1
        if self.days <= ${turns}:
            total = 0
            for number in range(4000000):
                total += number
        if not self.portfolio.invested:
            self.set_holdings("SPY", 1)
`);
}

/** A whole algorithm on daily bars of 2014 around `body`. */
export function algorithm(body: string): string {
  return `from AlgorithmImports import *


class Probe(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2014, 1, 2)
        self.set_end_date(2014, 6, 30)
        self.set_cash(100000)
        self.add_equity("SPY", Resolution.DAILY)
        self.set_benchmark("SPY")
${body}`;
}
