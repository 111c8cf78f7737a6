/** Every code with which the risk kernel refuses, and what it means; the docs and a test go by this table. */
export const RISK_CODES = {
  LIMITS_INVALID: "the limits of the account cannot be understood",
  LIMITS_MISSING: "the account has no limits",
  QUOTE_INVALID: "the quote is of another symbol, or cannot be used",
  QUOTE_SOURCE_UNKNOWN: "the limits name no greatest age for the source of the quote",
  QUOTE_STALE: "the quote is older than its source may be, or from the future",
  QUOTE_UNAVAILABLE: "there is no quote of our own to value the order at",
  RISK_CLOCK: "the clock went back",
  RISK_CONCENTRATION: "one symbol would be too large a part of the equity",
  RISK_CONVERSION: "there is no rate from the currency of the instrument to that of the account",
  RISK_COOLDOWN: "too many losing trades in a row; nothing opens for a while",
  RISK_DAILY_LOSS: "the loss of the day reached its limit; latched until an operator re-arms",
  RISK_DRAWDOWN: "the fall from the highest equity reached its limit; latched until an operator re-arms",
  RISK_DUPLICATE_INTENT: "the order repeats one that was let through",
  RISK_GROSS: "all symbols together would be worth too much",
  RISK_HALTED: "trading is halted",
  RISK_INPUT_INVALID: "a number is missing or too large to be reckoned with",
  RISK_LEVERAGE: "all symbols together would be too large a multiple of the equity",
  RISK_ORDER_NOTIONAL: "the order is worth too much",
  RISK_ORDER_RATE: "too many orders in a second, a minute or a day",
  RISK_POSITION: "the symbol would be worth too much",
  RISK_PRICE_COLLAR: "a price is too far from the quote",
  RISK_REARM_DENIED: "only an operator re-arms",
  RISK_REDUCE_ONLY: "only orders that reduce a position are allowed",
  RISK_REPEATED_ORDER: "the same order came too often",
  RISK_RESERVATION_UNKNOWN: "there is no such reservation",
  RISK_SESSION: "the market of the symbol is not known to be open",
  RISK_UNIVERSE: "the symbol is not in the list of those that may be traded",
  SNAPSHOT_INVALID: "the snapshot is of another account, or lacks the worth of an open order",
  SNAPSHOT_MISSING: "there is no snapshot of the account",
  SNAPSHOT_STALE: "the snapshot is too old, from the future, or older than one that was seen",
} as const satisfies Readonly<Record<string, string>>;

export type RiskCode = keyof typeof RISK_CODES;

/** A refusal of the risk kernel. */
export interface RiskRefusal {
  readonly code: RiskCode;
  readonly message: string;
  readonly remedy?: string;
  readonly retryable?: boolean;
}
