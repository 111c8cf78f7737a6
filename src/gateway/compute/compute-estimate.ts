import type { Money } from "../../domain/compute-use.ts";
import type { Decimal } from "../../domain/decimal.ts";

/** What a call is taken to need before it is made. */
export interface ComputeEstimate {
  /** Time of nodes, in whole milliseconds. */
  readonly milliseconds: number;
  /** How many backtests it is. */
  readonly backtests: number;
  /** Null where no price is known. */
  readonly pricePerHour: Decimal | null;
  /** Null where no price is known. */
  readonly money: Money | null;
  /** What it rests on, for people. */
  readonly basis: string;
}
