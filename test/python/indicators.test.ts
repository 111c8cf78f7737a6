import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { INDICATOR_CATALOGUE } from "../../src/lean/indicators/catalogue.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool } from "../support/sandbox-pool.ts";

const data = writeSyntheticData();
const pool = openTestPool({ dataFolders: [data] });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

const MAIN = `from AlgorithmImports import *

SIMPLE = MovingAverageType.SIMPLE


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 8)
        s = self.symbol = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.all = {
            "sma": self.sma(s, 5), "ema": self.ema(s, 5, Resolution.MINUTE), "lwma": self.lwma(s, 5),
            "wwma": self.wwma(s, 5), "dema": self.dema(s, 5), "tema": self.tema(s, 5), "max": self.max(s, 5),
            "min": self.min(s, 5), "std": self.std(s, 5), "var": self.var(s, 5), "mom": self.mom(s, 5),
            "roc": self.roc(s, 5), "rocp": self.rocp(s, 5), "identity": self.identity(s),
            "rsi": self.rsi(s, 5, SIMPLE, Resolution.MINUTE), "macd": self.macd(s, 3, 6, 2),
            "bb": self.bb(s, 5, 2.5, SIMPLE), "atr": self.atr(s, 5), "tr": self.tr(s), "adx": self.adx(s, 5),
            "sto": self.sto(s, 5, 3, 3), "cci": self.cci(s, 5), "aroon": self.aroon(s, 5), "wilr": self.wilr(s, 5),
            "kch": self.kch(s, 5, 2), "dch": self.dch(s, 5), "obv": self.obv(s), "vwap": self.vwap(s, 5),
            "intraday_vwap": self.vwap(s), "short": self.STO(s, 5), "selected": self.sma(s, 2, selector=Field.high),
            "hourly": self.sma(s, 1, Resolution.HOUR),
        }
        self.all["delay"] = IndicatorExtensions.of(Delay(3), self.all["sma"])
        self.parts = [self.all["macd"].signal, self.all["bb"].upper_band, self.all["sto"].stoch_k,
                      self.all["adx"].PositiveDirectionalIndex, self.all["dch"].lower_band, self.all["aroon"].aroon_up]

    def on_end_of_algorithm(self):
        for name, indicator in self.all.items():
            assert indicator.is_ready and math.isfinite(indicator.current.value), name
        assert all(part.is_ready and math.isfinite(float(part)) for part in self.parts)
        assert self.all["min"] <= self.all["sma"] <= self.all["max"] and isinstance(self.all["ema"], ExponentialMovingAverage)
        assert self.all["delay"] == self.all["sma"][3] or self.all["sma"].window[3] is not None
        self.log(",".join(sorted(self.all)))
`;

describe("indicator helpers", () => {
  it("reach every indicator of the engine, with LEAN's arguments and named values", async () => {
    const main = MAIN.replace("Field.high", "lambda bar: bar.high");
    const result = await pool.backtest({ files: { "main.py": main } });
    expect(result.error).toBeUndefined();
    const names = new Set(result.logs.at(-1)?.slice(20).split(","));
    expect(INDICATOR_CATALOGUE.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });

  it("are warm at the start after set_warm_up, while orders wait", async () => {
    const main = `from AlgorithmImports import *


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2013, 10, 8)
        self.set_end_date(2013, 10, 8)
        self.add_equity("SPY", Resolution.MINUTE)
        self.mean = self.sma("SPY", 60)
        self.set_warm_up(60)
        assert self.is_warming_up is False

    def on_warmup_finished(self):
        self.log(f"{self.mean.is_ready} {self.is_warming_up}")

    def on_data(self, data):
        if not self.is_warming_up and not self.mean.is_ready:
            raise ValueError("cold")
`;
    const result = await pool.backtest({ files: { "main.py": main } });
    expect(result.error).toBeUndefined();
    expect(result.logs.map((line) => line.slice(20))).toEqual(["True False"]);
  });
});
