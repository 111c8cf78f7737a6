import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";

/** One full-weight purchase on the first minute bar. */
export function basicTemplate(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(2013, 10, 7);
      algorithm.setEndDate(2013, 10, 11);
      algorithm.setCash(100_000);
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.MINUTE });
    },
    onData() {
      if (!algorithm.portfolio.isInvested) algorithm.setHoldings("SPY", 1);
    },
  };
}

/** The same on daily bars. */
export function basicTemplateDaily(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(2013, 10, 8);
      algorithm.setEndDate(2013, 10, 17);
      algorithm.setCash(100_000);
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
    },
    onData() {
      if (!algorithm.portfolio.isInvested) algorithm.setHoldings("SPY", 1);
    },
  };
}
