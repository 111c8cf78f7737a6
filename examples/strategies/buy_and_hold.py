"""Buys the ticker with the whole account on the first bar and holds it: the yardstick for everything else.

Parameters: ticker (SPY), and the strategy contract: qw-start, qw-end (ISO dates), qw-cash, qw-holdings. Runs
unchanged on QuantConnect.
"""

from AlgorithmImports import *


class BuyAndHold(QCAlgorithm):

    def initialize(self):
        self.set_start_date(2014, 1, 2)
        self.set_end_date(2019, 12, 31)
        self.set_cash(100000)
        self.apply_contract()

        ticker = self.get_parameter("ticker", "SPY")
        self.asset = self.add_equity(ticker, Resolution.DAILY).symbol
        self.set_benchmark(self.asset)

    def apply_contract(self):
        """Dates, cash and holdings from the caller; on Quantwright `quantwright_contract(self)` does the same."""
        for name, apply in (("qw-start", self.set_start_date), ("qw-end", self.set_end_date)):
            text = self.get_parameter(name)
            if text:
                year, month, day = (int(part) for part in text.split("-"))
                apply(year, month, day)
        cash = self.get_parameter("qw-cash")
        if cash:
            self.set_cash(float(cash))
        holdings = self.get_parameter("qw-holdings")
        pairs = [pair.split(":") for pair in holdings.split(",")] if holdings else []
        self.qw_holdings = {ticker.strip(): float(quantity) for ticker, quantity in pairs}

    def on_data(self, data):
        if not self.portfolio.invested and data.bars.contains_key(self.asset):
            self.set_holdings(self.asset, 1)
