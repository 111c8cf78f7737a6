import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import type { Indicator } from "../../../src/lean/indicators/indicator.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import { dayOf } from "../../../src/lean/time/civil-date.ts";

const BAND = 0.0025;

/** In while the MACD is clearly above its signal line, out when clearly below: one decision a date. */
export function macdTrend(algorithm: QcAlgorithm): Strategy {
  let trend: Indicator | undefined;
  let decidedOn = 0;
  return {
    initialize() {
      algorithm.setStartDate(2004, 1, 1);
      algorithm.setEndDate(2015, 1, 1);
      algorithm.setCash(100_000);
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
      trend = algorithm.indicator("SPY", "macd", { fastPeriod: 12, slowPeriod: 26, signalPeriod: 9, type: 1 });
    },
    onData() {
      const today = dayOf(algorithm.time);
      if (trend?.isReady !== true || today === decidedOn) return;
      decidedOn = today;
      const gap = trend.value - (trend.parts["signal"]?.value ?? 0);
      const strength = gap / (trend.parts["fast"]?.value ?? 1);
      const shares = algorithm.securities.get("SPY").quantity.sign;
      if (shares <= 0 && strength > BAND) algorithm.setHoldings("SPY", 1);
      else if (shares >= 0 && strength < -BAND) algorithm.liquidate("SPY");
    },
  };
}
