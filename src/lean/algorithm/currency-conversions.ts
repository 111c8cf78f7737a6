import { BarStream } from "../data/bar-stream.ts";
import { RESOLUTION } from "../data/resolution.ts";
import { startOfBars } from "../data/start-of-bars.ts";
import { Subscription } from "../data/subscription.ts";
import type { DataSource } from "../data-source.ts";
import type { Clock } from "../engine/clock.ts";
import type { Cash, CashBook, ConversionStep } from "../portfolio/cash-book.ts";
import type { Journal } from "../results/journal.ts";
import { SECURITY_TYPE, type LeanSymbol } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { MICROS_PER_DAY } from "../time/civil-date.ts";
import type { History } from "./history.ts";
import type { SecurityManager } from "./security-manager.ts";
import type { SymbolTable } from "./symbol-table.ts";

const FOREX_MARKET = "oanda";
const DAILY: number = RESOLUTION.DAILY;
/** Coins that stand for a dollar, where no pair says otherwise. */
const DOLLARS = new Set(["USDT", "USDC", "BUSD", "TUSD", "FDUSD", "DAI", "USDP", "PYUSD"]);
/** Bars that LEAN looks at for a last price, and how many if there are none. */
const LOOK_BACK = 5;
const LONG_LOOK_BACK: Readonly<Record<number, number>> = { [RESOLUTION.MINUTE]: 1440, [RESOLUTION.HOUR]: 24 };
const LONG_DAILY = 10;
/** How far from now data of a pair are looked for before it is taken for a rate. */
const PROBE = 10 * MICROS_PER_DAY;

/** A feed that only gives a conversion rate: nobody hears of its bars, but they count. */
export interface CurrencyFeed {
  readonly security: Security;
  readonly resolution: number;
  readonly kind: "trade" | "quote";
}

interface Parts {
  readonly data: DataSource;
  readonly clock: Clock;
  readonly cashBook: CashBook;
  readonly securities: SecurityManager;
  readonly symbols: SymbolTable;
  readonly history: History;
  readonly journal: Journal;
}

/** Finds for each currency of the cash book what prices it in the account's currency, and its first rate. */
export class CurrencyConversions {
  /** Feeds to be opened. */
  readonly requested: CurrencyFeed[] = [];
  readonly #parts: Parts;
  readonly #internal: Security[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Finds the conversions that are missing, and the last known prices where there is no rate yet. */
  prepare(): void {
    const fresh = this.#parts.cashBook.all.filter((cash) => !cash.hasConversion);
    for (const cash of fresh) {
      const steps = this.#stepsFor(cash);
      if (steps === undefined) this.#giveUp(cash);
      else {
        cash.convertBy(steps.map(({ security, isInverted }) => ({ source: security, isInverted })));
        if (cash.conversionRate.isZero) for (const { security } of steps) this.#seed(security);
      }
    }
  }

  #giveUp(cash: Cash): void {
    if (DOLLARS.has(cash.currency)) {
      cash.convertBy([]);
      return;
    }
    this.#parts.journal.warn(
      "CONVERSION_MISSING",
      `no pair with data prices ${cash.currency} in USD: its balance counts as ` +
        (cash.conversionRate.isZero ? "nothing" : `${cash.conversionRate.toString()} USD a unit`),
    );
  }

  /** One pair, else two that meet in another currency: those of the strategy first, then forex, then the exchange's. */
  #stepsFor(cash: Cash): readonly Step[] | undefined {
    const account = this.#parts.cashBook.account.currency;
    const own = [...this.#parts.securities.all.filter((security) => security.isInCashBook), ...this.#internal];
    const direct = stepThrough(own, cash.currency, account) ?? this.#newStep(cash.currency, account);
    if (direct !== undefined) return [direct];
    for (const first of own) {
      const middle = otherOf(first, cash.currency);
      const second =
        middle === undefined ? undefined : (stepThrough(own, middle, account) ?? this.#newStep(middle, account));
      if (second !== undefined) return [{ security: first, isInverted: isQuote(first, cash.currency) }, second];
    }
    return undefined;
  }

  /** A pair that the strategy did not add, if there are data of it. */
  #newStep(from: string, to: string): Step | undefined {
    const { symbols, securities } = this.#parts;
    const candidates: (() => LeanSymbol)[] = [
      () => symbols.forex(`${from}${to}`, FOREX_MARKET),
      () => symbols.forex(`${to}${from}`, FOREX_MARKET),
      () => symbols.crypto(`${from}${to}`, securities.brokerage.cryptoMarket),
    ];
    for (const [place, candidate] of candidates.entries()) {
      if (place < 2 && (from.length !== 3 || to.length !== 3)) continue;
      const security = securities.createInternal(candidate());
      const feed = this.#withData(security);
      if (feed === undefined) continue;
      this.#internal.push(security);
      this.requested.push(feed);
      return { security, isInverted: place === 1 };
    }
    return undefined;
  }

  /** At the finest resolution of the strategy, else the next coarser one that has data around now. */
  #withData(security: Security): CurrencyFeed | undefined {
    const { clock, securities } = this.#parts;
    const finest = securities.subscriptions.reduce(
      (least, { resolution }) => Math.min(least, resolution),
      securities.subscriptions.length > 0 ? DAILY : RESOLUTION.MINUTE,
    );
    const kind = security.symbol.securityType === SECURITY_TYPE.FOREX ? "quote" : "trade";
    const now = security.hours.zone.toLocal(clock.utc);
    for (let resolution = finest; resolution <= RESOLUTION.DAILY; resolution += 1) {
      const stream = this.#stream(security, { kind, resolution, from: now - PROBE, to: now + PROBE });
      if (stream.advance()) return { security, resolution, kind };
    }
    return undefined;
  }

  /** Takes the last bars before now as the security's prices; they count as history. */
  #seed(security: Security): void {
    if (!security.price.isZero) return;
    const resolution = Math.max(this.#resolutionOf(security), RESOLUTION.MINUTE);
    const kinds =
      security.symbol.securityType === SECURITY_TYPE.FOREX ? (["quote"] as const) : (["trade", "quote"] as const);
    const found = kinds.flatMap(
      (kind) =>
        this.#last(security, { kind, resolution, bars: LOOK_BACK }) ??
        this.#last(security, { kind, resolution, bars: LONG_LOOK_BACK[resolution] ?? LONG_DAILY }) ??
        [],
    );
    // Of bars of the same time the quote counts, which comes last.
    for (const feed of found.toSorted((left, right) => left.end - right.end)) security.update(feed);
    security.clearSlice();
  }

  #resolutionOf(security: Security): number {
    return this.requested.find((feed) => feed.security === security)?.resolution ?? security.resolution;
  }

  /** The last of so many bars before now; undefined where there are none. */
  #last(
    security: Security,
    request: { readonly kind: "trade" | "quote"; readonly resolution: number; readonly bars: number },
  ): Subscription | undefined {
    const now = security.hours.zone.toLocal(this.#parts.clock.utc);
    const from = startOfBars(security, { now, bars: request.bars, resolution: request.resolution }) + 1;
    const stream = this.#stream(security, { ...request, from, to: now - 1 });
    const feed = new Subscription({ security, stream, fillForward: false, isInternal: true });
    let count = 0;
    // The feed keeps its last bar when there is none after it.
    while (feed.advance() && feed.end <= now) count += 1;
    this.#parts.history.dataPoints += count;
    return count === 0 ? undefined : feed;
  }

  #stream(
    security: Security,
    part: { readonly kind: "trade" | "quote"; readonly resolution: number; readonly from: number; readonly to: number },
  ): BarStream {
    return new BarStream(this.#parts.data, {
      kind: part.kind,
      resolution: part.resolution,
      from: part.from,
      to: part.to,
      securityType: security.symbol.securityType,
      market: security.symbol.market,
      ticker: security.symbol.value,
      normalization: security.normalization,
      extendedHours: false,
      preciseDaily: false,
      hours: security.hours,
      factors: security.factors,
      map: security.map,
    });
  }
}

interface Step {
  readonly security: Security;
  readonly isInverted: ConversionStep["isInverted"];
}

/** Which pair of the list prices one currency in another. */
function stepThrough(securities: readonly Security[], from: string, to: string): Step | undefined {
  const security = securities.find((candidate) => isPair(candidate, from, to) || isPair(candidate, to, from));
  return security === undefined ? undefined : { security, isInverted: isPair(security, to, from) };
}

function isPair({ symbol }: Security, base: string, quote: string): boolean {
  return symbol.value === `${base}${quote}` && symbol.currency === quote;
}

function isQuote({ symbol }: Security, currency: string): boolean {
  return symbol.currency === currency;
}

/** The other currency of a pair that has this one. */
function otherOf({ symbol }: Security, currency: string): string | undefined {
  const base = symbol.value.slice(0, -symbol.currency.length);
  if (base === currency) return symbol.currency;
  return symbol.currency === currency ? base : undefined;
}
