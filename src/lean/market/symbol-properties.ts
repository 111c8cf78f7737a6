import { Decimal } from "../../domain/decimal.ts";
import type { DataSource } from "../data-source.ts";

const PATH = "symbol-properties/symbol-properties-database.csv";
/** Quote currencies by which an unlisted crypto pair is taken apart, longest first. */
const QUOTES = ["FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "JPY", "BTC", "ETH", "BNB"] as const;
const DEFAULT_CRYPTO_LOT = Decimal.of(1n, 8);
const CENT = Decimal.of(1n, 2);

/** What an exchange says of an instrument. Prices are in the quote currency, quantities in units of the instrument. */
export interface SymbolProperties {
  readonly description: string;
  readonly quoteCurrency: string;
  /** What one unit is, for pairs of currencies. */
  readonly baseCurrency: string | undefined;
  readonly contractMultiplier: Decimal;
  /** Tick: prices of orders are rounded to multiples of it; 0 for none. */
  readonly minimumPriceVariation: Decimal;
  /** Quantities are multiples of it. */
  readonly lotSize: Decimal;
  /** Least quantity of an order, where there is one. */
  readonly minimumOrderSize: Decimal | undefined;
  /** The exchange's own name of the instrument. */
  readonly marketTicker: string;
}

/** US equities: cents and single shares. */
export const EQUITY_PROPERTIES: SymbolProperties = {
  description: "",
  quoteCurrency: "USD",
  baseCurrency: undefined,
  contractMultiplier: Decimal.ONE,
  minimumPriceVariation: CENT,
  lotSize: Decimal.ONE,
  minimumOrderSize: undefined,
  marketTicker: "",
};

/** LEAN's symbol properties database, as far as pairs of currencies need it. */
export class SymbolPropertiesDatabase {
  readonly #data: DataSource;
  #text: string | undefined;

  constructor(data: DataSource) {
    this.#data = data;
  }

  /**
   * Properties of a crypto pair. One that the table does not list is taken apart by its quote currency and gets the
   * finest usual lot; undefined where that cannot be done.
   */
  crypto(market: string, ticker: string): SymbolProperties | undefined {
    return this.#row(market, ticker, "crypto") ?? derived(ticker);
  }

  #row(market: string, ticker: string, kind: string): SymbolProperties | undefined {
    this.#text ??= `\n${this.#data.readText(PATH) ?? ""}`;
    const start = this.#text.indexOf(`\n${market},${ticker},${kind},`);
    if (start < 0) return undefined;
    const end = this.#text.indexOf("\n", start + 1);
    return parseRow(ticker, this.#text.slice(start + 1, end < 0 ? undefined : end).trim());
  }
}

function parseRow(ticker: string, line: string): SymbolProperties | undefined {
  const [, , , description = "", quote = "", multiplier = "1", tick = "", lot = "", marketTicker = "", least = ""] =
    line.split(",");
  if (quote === "" || lot === "" || !ticker.endsWith(quote) || ticker === quote) return undefined;
  return {
    description,
    quoteCurrency: quote,
    baseCurrency: ticker.slice(0, -quote.length),
    contractMultiplier: Decimal.parse(multiplier === "" ? "1" : multiplier),
    minimumPriceVariation: tick === "" ? Decimal.ZERO : Decimal.parse(tick),
    lotSize: Decimal.parse(lot),
    minimumOrderSize: least === "" ? undefined : Decimal.parse(least),
    marketTicker,
  };
}

function derived(ticker: string): SymbolProperties | undefined {
  const quote = QUOTES.find((currency) => ticker.endsWith(currency) && ticker.length > currency.length);
  if (quote === undefined) return undefined;
  return {
    ...EQUITY_PROPERTIES,
    quoteCurrency: quote,
    baseCurrency: ticker.slice(0, -quote.length),
    minimumPriceVariation: Decimal.ZERO,
    lotSize: DEFAULT_CRYPTO_LOT,
    marketTicker: ticker,
  };
}
