import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import type { Indicator } from "../../../src/lean/indicators/indicator.ts";
import { ORDER_STATUS } from "../../../src/lean/orders/order.ts";
import { DAY } from "../../../src/lean/orders/time-in-force.ts";
import { atTimes, combine } from "../../../src/lean/schedule/time-rules.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  dayOf,
  startOfDate,
} from "../../../src/lean/time/civil-date.ts";

const OCTOBER = [2013, 10] as const;

function minuteOf(time: number): number {
  return Math.floor(time / MICROS_PER_MINUTE) % 1440;
}

/** Two averages whose lengths are parameters. */
export function parameterized(algorithm: QcAlgorithm): Strategy {
  let averages: Indicator[] = [];
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 11);
      algorithm.addEquity({ ticker: "SPY" });
      averages = [
        algorithm.indicator("SPY", "ema", { period: algorithm.configuration.getNumber("ema-fast", 100) }),
        algorithm.indicator("SPY", "ema", { period: algorithm.configuration.getNumber("ema-slow", 200) }),
      ];
    },
    onData() {
      const [quick, lazy] = averages;
      if (quick?.isReady !== true || lazy?.isReady !== true) return;
      if (quick.value > lazy.value * 1.001) algorithm.setHoldings("SPY", 1);
      else if (quick.value < lazy.value * 0.999) algorithm.liquidate("SPY");
    },
  };
}

/** The end-of-warm-up call in a run without warm-up. */
export function warmupFinished(algorithm: QcAlgorithm): Strategy {
  let calls = 0;
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 11);
      algorithm.addEquity({ ticker: "SPY" });
    },
    onWarmupFinished() {
      calls += 1;
    },
    onEndOfAlgorithm() {
      if (calls !== 1) throw new Error(`called ${calls} times`);
    },
  };
}

/** One share on the first day after a split, on hour bars. */
export function hourSplit(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(2014, 6, 6);
      algorithm.setEndDate(2014, 6, 9);
      algorithm.setBenchmark(() => 0);
      algorithm.addEquity({ ticker: "AAPL", resolution: RESOLUTION.HOUR });
    },
    onData(slice) {
      const security = algorithm.securities.get("AAPL");
      const isLastDay = dayOf(algorithm.time) === dayOf(algorithm.endDate);
      if (isLastDay && slice.hasTradeBar(security) && !algorithm.portfolio.isInvested) algorithm.marketOrder("AAPL", 1);
    },
  };
}

/** New tags on orders that are cancelled or filled. */
export function completeOrderTagUpdate(algorithm: QcAlgorithm): Strategy {
  let isPlaced = false;
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 11);
      algorithm.addEquity({ ticker: "SPY" });
    },
    onData() {
      if (algorithm.portfolio.isInvested) return;
      if (isPlaced) {
        algorithm.marketOrder("SPY", 100);
        return;
      }
      isPlaced = true;
      const limitPrice = algorithm.securities.get("SPY").price.toNumber() * 0.1;
      algorithm.limitOrder("SPY", 100, { limitPrice }).cancel();
    },
    onOrderEvent({ status, ticket }) {
      if (status === ORDER_STATUS.CANCELED) ticket.update({ tag: "This is the tag set after order was canceled." });
      else if (status === ORDER_STATUS.FILLED) ticket.update({ tag: "This is the tag set after order was filled." });
    },
  };
}

/** Ten shares in and out in turn, minute by minute. */
export function liquidateWithProperties(algorithm: QcAlgorithm): Strategy {
  const begin = startOfDate(2014, 6, 6) + 10 * MICROS_PER_HOUR;
  const end = startOfDate(2014, 6, 6) + 16 * MICROS_PER_HOUR;
  return {
    initialize() {
      algorithm.setStartDate(2014, 6, 5);
      algorithm.setEndDate(2014, 6, 6);
      algorithm.addEquity({ ticker: "AAPL" });
    },
    onData() {
      if (algorithm.time <= begin || algorithm.time >= end) return;
      if (algorithm.portfolio.isInvested) {
        algorithm.liquidate(undefined, { asynchronous: true, properties: { timeInForce: DAY } });
      } else algorithm.marketOrder("AAPL", 10);
    },
  };
}

/** Market-on-close orders in time, too late, and in the evening. */
export function marketOnCloseBuffer(algorithm: QcAlgorithm): Strategy {
  const placed = new Set<string>();
  const place = (which: string): void => {
    if (placed.has(which)) return;
    placed.add(which);
    algorithm.marketOnCloseOrder("SPY", 2);
  };
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 8);
      algorithm.addEquity({ ticker: "SPY" });
      algorithm.settings.marketOnCloseBuffer = 10 * MICROS_PER_MINUTE;
      const today = dayOf(algorithm.time);
      const rule = atTimes(algorithm.clock.zone, [17 * MICROS_PER_HOUR]);
      const until = algorithm.utcTime + MICROS_PER_DAY;
      algorithm.schedule.on(
        "evening",
        combine((day) => day === today, rule, until),
        () => place("evening"),
      );
    },
    onData() {
      if (minuteOf(algorithm.time) === 15 * 60 + 49) place("in time");
      else if (minuteOf(algorithm.time) === 15 * 60 + 51) place("late");
    },
  };
}

/** A limit order at the price on every full hour, on second data. */
export function limitFill(algorithm: QcAlgorithm): Strategy {
  const turn = startOfDate(...OCTOBER, 9);
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 11);
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.SECOND });
    },
    onData(slice) {
      const { time } = algorithm;
      if (time % MICROS_PER_HOUR !== 0) return;
      const security = algorithm.securities.get("SPY");
      if (!slice.containsKey(security)) return;
      const limitPrice = algorithm.board.values[security.boardOffset + 20] ?? 0;
      algorithm.limitOrder("SPY", time < turn ? 10 : -10, { limitPrice });
    },
  };
}

/** Orders for a ticker that does not exist, beside an ordinary purchase. */
export function stringToSymbol(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 8);
      algorithm.addEquity({ ticker: "SPY" });
    },
    onData() {
      const { status } = algorithm.marketOrder("PEPE", 1);
      if (status !== ORDER_STATUS.INVALID) throw new Error(`status ${status}`);
      if (!algorithm.portfolio.isInvested) algorithm.setHoldings("SPY", 1);
    },
  };
}

/** A full-weight purchase on hour bars, compared with nothing. */
export function zeroedBenchmark(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.setEndDate(...OCTOBER, 8);
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.HOUR });
      algorithm.setBenchmark(() => 0);
    },
    onData() {
      if (!algorithm.portfolio.isInvested) algorithm.setHoldings("SPY", 1);
    },
  };
}

/** A brick of closes opens the position, a brick of weighted prices closes it. */
export function classicRenko(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(2012, 1, 1);
      algorithm.setEndDate(2013, 1, 1);
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
      algorithm.consolidation.renko("SPY", { size: 2.5 }, () => {
        if (!algorithm.portfolio.isInvested) algorithm.setHoldings("SPY", 1);
      });
      const selector = (bar: { open: number; high: number; low: number; close: number }): number =>
        (2 * bar.open + bar.high + bar.low + 3 * bar.close) / 7;
      algorithm.consolidation.renko("SPY", { size: 2.5, selector }, () => {
        if (algorithm.portfolio.isInvested) algorithm.liquidate("SPY");
      });
    },
  };
}

/** Holds a share into the last days of its listing. */
export function delistingEvents(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(2007, 5, 15);
      algorithm.setEndDate(2007, 5, 25);
      algorithm.addEquity({ ticker: "AAA.1", resolution: RESOLUTION.DAILY });
      algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
    },
    onData(slice) {
      if (algorithm.processor.orders.length === 0) algorithm.setHoldings("AAA.1", 1);
      const security = algorithm.securities.get("AAA.1");
      if (security.isDelisted === security.isTradable) throw new Error("delisted, yet tradable");
      const [notice] = slice.delistings;
      if (notice !== undefined) algorithm.setHoldings("AAA.1", notice.type === 0 ? 0 : 1);
    },
  };
}

/** Ends the run before any data. */
export function quitAtOnce(algorithm: QcAlgorithm): Strategy {
  return {
    initialize() {
      algorithm.setStartDate(...OCTOBER, 7);
      algorithm.quit();
    },
  };
}
