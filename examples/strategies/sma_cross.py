"""Holds the ticker while its fast average is above its slow one.

Parameters: ticker (SPY), fast (20), slow (50), and the strategy contract: qw-start, qw-end (ISO dates), qw-cash,
qw-holdings (TICKER:QUANTITY, ...; what the account holds already, for reconciliation). Runs unchanged on QuantConnect.
"""

from AlgorithmImports import *


class SmaCross(QCAlgorithm):

    def initialize(self):
        self.set_start_date(2014, 1, 2)
        self.set_end_date(2019, 12, 31)
        self.set_cash(100000)
        self.apply_contract()

        ticker = self.get_parameter("ticker", "SPY")
        self.asset = self.add_equity(ticker, Resolution.DAILY).symbol
        self.set_benchmark(self.asset)
        self.fast = self.sma(self.asset, self.get_parameter("fast", 20), Resolution.DAILY)
        self.slow = self.sma(self.asset, self.get_parameter("slow", 50), Resolution.DAILY)

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
        if not self.slow.is_ready or not data.bars.contains_key(self.asset):
            return
        above = self.fast.current.value > self.slow.current.value
        if above and not self.portfolio.invested:
            self.set_holdings(self.asset, 1)
        elif not above and self.portfolio.invested:
            self.liquidate(self.asset)
