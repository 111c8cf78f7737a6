import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import type { Indicator } from "../../../src/lean/indicators/indicator.ts";
import { ACCOUNT_TYPE } from "../../../src/lean/market/brokerage-model.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import { MICROS_PER_MINUTE } from "../../../src/lean/time/civil-date.ts";

/** A day on a crypto exchange with dollars, euros and coins: limits, a refusal, a cancellation, two averages. */
export function basicCrypto(algorithm: QcAlgorithm): Strategy {
  let averages: Indicator[] = [];
  const { cashBook } = algorithm.portfolio;
  const balance = (currency: string): number => cashBook.find(currency)?.amount.toNumber() ?? 0;
  const price = (pair: string, factor: number): number =>
    Math.round(algorithm.securities.get(pair).price.toNumber() * factor * 100) / 100;
  const actions: Readonly<Record<number, () => void>> = {
    60: () => algorithm.limitOrder("ETHUSD", -balance("ETH"), { limitPrice: price("ETHUSD", 1.01) }),
    120: () => {
      const limitPrice = price("BTCUSD", 0.95);
      algorithm.limitOrder("BTCUSD", (balance("USD") * 0.5) / limitPrice, { limitPrice });
    },
    121: () => {
      const reserved = algorithm.positions
        .openOrders()
        .filter((order) => order.symbol.value !== "BTCEUR" && order.quantity.sign > 0)
        .reduce((sum, order) => sum + order.quantity.toNumber() * order.limitPrice.toNumber(), 0);
      const free = balance("USD") - reserved;
      const limitPrice = price("ETHUSD", 1.01);
      algorithm.limitOrder("ETHUSD", free / limitPrice, { limitPrice });
      algorithm.limitOrder("ETHUSD", (free * 0.5) / limitPrice, { limitPrice });
    },
    660: () => algorithm.setHoldings("BTCUSD", 0),
    720: () => {
      algorithm.marketOrder("BTCEUR", 1);
      algorithm.limitOrder("BTCEUR", -1, { limitPrice: price("BTCEUR", 1.1) });
    },
    780: () => algorithm.positions.cancelOpenOrders("BTCEUR"),
  };
  return {
    initialize() {
      algorithm.setStartDate(2018, 4, 4);
      algorithm.setEndDate(2018, 4, 4);
      algorithm.setCash(10_000);
      algorithm.setCurrency("EUR", 10_000);
      algorithm.setCurrency("BTC", 1);
      algorithm.setCurrency("ETH", 5);
      algorithm.setBrokerageModel("GDAX", ACCOUNT_TYPE.CASH);
      for (const ticker of ["BTCUSD", "ETHUSD", "BTCEUR", "LTCUSD"]) algorithm.addCrypto({ ticker });
      averages = [30, 60].map((period) => algorithm.indicator("LTCUSD", "ema", { period }));
    },
    onData() {
      const minute = Math.floor(algorithm.time / MICROS_PER_MINUTE) % 1440;
      const action = actions[minute];
      if (action !== undefined) action();
      else if (minute >= 840) {
        const [quick, lazy] = averages;
        if ((quick?.value ?? 0) > (lazy?.value ?? 0)) {
          if (balance("LTC") === 0) algorithm.marketOrder("LTCUSD", 10);
        } else if (balance("LTC") > 0) algorithm.liquidate("LTCUSD");
      }
    },
  };
}
