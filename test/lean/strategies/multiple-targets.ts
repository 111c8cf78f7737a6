import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import type { PortfolioTarget } from "../../../src/lean/algorithm/positions.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";

function split(large: string, small: string): PortfolioTarget[] {
  return [
    { symbol: large, quantity: 0.8 },
    { symbol: small, quantity: 0.2 },
  ];
}

/** Two targets at a time on unleveraged assets, exchanged with the second slice; or once, with all else sold. */
export function multipleTargets(algorithm: QcAlgorithm, isOnce = false): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(2013, 10, 7);
      algorithm.setEndDate(2013, 10, 11);
      for (const ticker of ["SPY", "IBM"]) {
        algorithm.addEquity({ ticker, resolution: RESOLUTION.MINUTE, market: "usa", fillForward: false, leverage: 1 });
      }
    },
    onData() {
      if (!algorithm.portfolio.isInvested) {
        algorithm.setHoldingsToTargets(split("SPY", "IBM"), { liquidateExistingHoldings: isOnce });
      } else if (!isOnce) algorithm.setHoldingsToTargets(split("IBM", "SPY"));
    },
  };
}
