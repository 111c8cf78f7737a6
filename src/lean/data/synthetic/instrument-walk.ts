import { SeededRandom } from "../../../domain/seeded-random.ts";
import type { UnitBar } from "./price-units.ts";

/** A name as 32 bits (FNV-1a): the seed of everything that is generated under it. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join("|")) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash | 0;
}

/** How a class of instruments moves. Yearly figures are turned into daily ones by `daysPerYear`. */
interface WalkStyle {
  readonly drift: number;
  readonly deviation: number;
  readonly daysPerYear: number;
  /** Share of the distance to the starting level that a day takes back; 0 is a plain random walk. */
  readonly reversion: number;
  /** Mean volume of a day, in units of the instrument. */
  readonly volume: number;
}

export const EQUITY_STYLE: WalkStyle = {
  drift: 0.07,
  deviation: 0.16,
  daysPerYear: 252,
  reversion: 0,
  volume: 4_000_000,
};

export const CRYPTO_STYLE: WalkStyle = {
  drift: 0,
  deviation: 0.55,
  daysPerYear: 365,
  reversion: 0.002,
  volume: 400_000,
};

/** Dollars at which the walks of well-known names start; others start between 20 and 220 (crypto: 1 and 201). */
const LEVELS: Readonly<Record<string, number>> = {
  SPY: 97,
  BTCUSD: 42_000,
  BTCUSDT: 42_000,
  ETHUSD: 2_600,
  BTCEUR: 38_000,
};
const CENTS = 100;

/**
 * Daily bars of one instrument, day after day: a geometric random walk in cents whose steps depend on seed, name and
 * date only, so that every process makes the same bars.
 */
export class InstrumentWalk {
  readonly #name: string;
  readonly #seed: number;
  readonly #style: WalkStyle;
  readonly #level: number;
  #log: number;

  constructor(name: string, seed: number, style: WalkStyle) {
    this.#name = name;
    this.#seed = seed;
    this.#style = style;
    const drawn = new SeededRandom(seedOf(seed, name)).uniform() * 200;
    this.#level = Math.log(LEVELS[name] ?? (style.reversion > 0 ? 1 + drawn : 20 + drawn));
    this.#log = this.#level;
  }

  /** Goes on from another level: the close of the last real bar, in units. */
  continueFrom(close: number): void {
    this.#log = Math.log(close / CENTS);
  }

  /** The bar of a day; days are asked for in order. */
  next(day: number): UnitBar {
    const { drift, deviation, daysPerYear, reversion, volume } = this.#style;
    const random = new SeededRandom(seedOf(this.#seed, this.#name, day));
    const daily = deviation / Math.sqrt(daysPerYear);
    const gap = reversion > 0 ? 0 : 0.25 * daily * random.normal();
    const open = this.#log + gap;
    const pull = reversion * (this.#level - this.#log);
    const close = open + drift / daysPerYear - (daily * daily) / 2 + pull + daily * random.normal();
    const high = Math.max(open, close) + daily * 0.5 * random.uniform();
    const low = Math.min(open, close) - daily * 0.5 * random.uniform();
    this.#log = close;
    const units = (log: number): number => Math.max(1, Math.round(Math.exp(log) * CENTS));
    return {
      open: units(open),
      high: units(high),
      low: units(low),
      close: units(close),
      volume: Math.round(volume * (0.5 + random.uniform())),
    };
  }
}
