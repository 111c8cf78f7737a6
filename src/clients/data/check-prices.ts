/** One kind of thing that the checks found, with its number and first examples. */
export interface PriceFinding {
  /** Stable: `GAPS`, `DUPLICATES`, `STALE_OPENS`, … */
  readonly code: string;
  readonly count: number;
  readonly message: string;
  /** Row numbers (the header is row 1) or dates. */
  readonly examples: readonly string[];
}
