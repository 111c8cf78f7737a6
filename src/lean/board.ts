/**
 * The board: one flat array of doubles with everything that strategy code reads without a call. Slots are handed out
 * once and never move; the array is replaced when it grows (take `values` anew before each use, up to `length`).
 * Times are integer microseconds; `local` times are wall-clock microseconds of the exchange or algorithm time zone
 * counted like UTC. Prices are the nearest double of the exact decimal.
 */
export const HEADER = {
  UTC_TIME: 0,
  /** Wall clock of the algorithm's time zone. */
  LOCAL_TIME: 1,
  /** Balance in the account's currency. */
  CASH: 2,
  /** 1 while any holding is not zero. */
  INVESTED: 3,
  /** 1 while warming up. */
  WARMING_UP: 4,
  /** Orders submitted so far (`transactions.orders_count`). */
  ORDERS_COUNT: 5,
  /** 1 when the current slice has data or events. */
  SLICE_HAS_DATA: 6,
  /** Wall clock of the slice: the same as LOCAL_TIME except between slices. */
  SLICE_TIME: 7,
  /** Number of the current slice, from 1. */
  SLICE_NUMBER: 8,
  /** Number of securities (`SECURITY` blocks) so far. */
  SECURITIES: 9,
  /** 1 when the current slice holds dividends, splits, delistings or symbol changes. */
  SLICE_HAS_EVENTS: 10,
  /** Data points so far. */
  DATA_POINTS: 11,
  /** 1 where there are balances in other currencies than the account's; CASH is not the whole then. */
  HAS_FOREIGN_CASH: 12,
  SIZE: 16,
} as const;

/** Offsets inside a security's block; its start is `security.boardOffset`. */
export const SECURITY = {
  PRICE: 0,
  OPEN: 1,
  HIGH: 2,
  LOW: 3,
  CLOSE: 4,
  VOLUME: 5,
  /** Best bid and ask; the price where there is none. */
  BID: 6,
  ASK: 7,
  HAS_DATA: 8,
  QUANTITY: 9,
  AVERAGE_PRICE: 10,
  IS_TRADABLE: 11,
  IS_DELISTED: 12,
  LEVERAGE: 13,
  /** Trade bar of the current slice: 0 none, 1 real, 2 filled forward. */
  BAR: 14,
  /** Start and end, wall clock of the exchange. */
  BAR_TIME: 15,
  BAR_END_TIME: 16,
  BAR_OPEN: 17,
  BAR_HIGH: 18,
  BAR_LOW: 19,
  BAR_CLOSE: 20,
  BAR_VOLUME: 21,
  /** Quote bar of the current slice: 0 none, else 1 + 2 (filled forward) + 4 (has a bid) + 8 (has an ask). */
  QUOTE: 22,
  QUOTE_TIME: 23,
  QUOTE_END_TIME: 24,
  BID_OPEN: 25,
  BID_HIGH: 26,
  BID_LOW: 27,
  BID_CLOSE: 28,
  ASK_OPEN: 29,
  ASK_HIGH: 30,
  ASK_LOW: 31,
  ASK_CLOSE: 32,
  BID_SIZE: 33,
  ASK_SIZE: 34,
  /** Closed profit without fees, all fees, value of all fills, in account currency. */
  PROFIT: 35,
  FEES: 36,
  SALE_VOLUME: 37,
  /** Wall clock of the exchange, of the last real data. */
  LAST_DATA_TIME: 38,
  SIZE: 40,
} as const;

/** Offsets inside an indicator's block; named values (`signal`, `upperBand` …) are indicators with blocks of their own. */
export const INDICATOR = {
  VALUE: 0,
  IS_READY: 1,
  SAMPLES: 2,
  /** Wall clock of the exchange, of the last update. */
  TIME: 3,
  SIZE: 4,
} as const;

/** Hands out blocks of the flat array. */
export class Board {
  /** Replaced when the board grows. */
  values: Float64Array<ArrayBuffer> = new Float64Array(1024);
  /** Slots in use. */
  length: number = HEADER.SIZE;

  /** Start of a new block of `size` zeroed slots. */
  allocate(size: number): number {
    const offset = this.length;
    this.length += size;
    if (this.length > this.values.length) {
      const grown = new Float64Array(Math.max(this.length, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    return offset;
  }
}
