"""Runs one strategy of the benchmark in backtrader, with its fastest settings, and prints the seconds as JSON."""

import json
import sys
import time

import backtrader as bt


class Trivial(bt.Strategy):
    def start(self):
        self.begin = time.perf_counter()

    def stop(self):
        self.seconds = time.perf_counter() - self.begin
        self.orders = 0

    def next(self):
        pass


class Typical(bt.Strategy):
    params = (("fast", 1), ("slow", 1))

    def __init__(self):
        self.orders = 0
        self.fast = bt.indicators.ExponentialMovingAverage(self.data.close, period=self.p.fast)
        self.slow = bt.indicators.SimpleMovingAverage(self.data.close, period=self.p.slow)

    def start(self):
        self.begin = time.perf_counter()

    def stop(self):
        self.seconds = time.perf_counter() - self.begin

    def next(self):
        if not self.position:
            if self.fast[0] > self.slow[0]:
                self.buy(size=100)
                self.orders += 1
        elif self.fast[0] < self.slow[0]:
            self.close()
            self.orders += 1


def main(name, path, fast, slow):
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(100000)
    # dtformat 1: seconds since 1970, the quickest that it reads.
    cerebro.adddata(
        bt.feeds.GenericCSVData(
            dataname=path,
            dtformat=1,
            openinterest=-1,
            timeframe=bt.TimeFrame.Minutes,
        )
    )
    if name == "trivial":
        cerebro.addstrategy(Trivial)
    else:
        cerebro.addstrategy(Typical, fast=fast, slow=slow)
    begin = time.perf_counter()
    strategy = cerebro.run()[0]
    total = time.perf_counter() - begin
    bars = len(strategy.data)
    print(json.dumps({"bars": bars, "total": total, "run": strategy.seconds, "orders": strategy.orders}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
