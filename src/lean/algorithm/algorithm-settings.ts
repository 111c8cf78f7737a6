import { Decimal } from "../../domain/decimal.ts";
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from "../time/civil-date.ts";

/** LEAN's `AlgorithmSettings`, as far as the engine reads them. Times in microseconds. */
export class AlgorithmSettings {
  freePortfolioValuePercentage: Decimal = Decimal.parse("0.0025");
  /** Instead of the percentage, an amount. */
  freePortfolioValue: Decimal | undefined;
  minimumOrderMarginPortfolioPercentage: Decimal = Decimal.parse("0.001");
  stalePriceTimeSpan: number = MICROS_PER_HOUR;
  liquidateEnabled = true;
  dailyPreciseEndTime = true;
  /** Latest time before the close for a market-on-close order. */
  marketOnCloseBuffer: number = 15.5 * MICROS_PER_MINUTE;
  seedInitialPrices = false;
}
