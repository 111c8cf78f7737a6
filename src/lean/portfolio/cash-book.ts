import { Decimal } from "../../domain/decimal.ts";

/** The currency that the account is kept in. */
export const ACCOUNT_CURRENCY = "USD";

/** A security that prices one currency in another. */
export interface RateSource {
  /** Last price; 0 before any. */
  readonly price: Decimal;
}

/** One step from a currency towards the account's: times the price, or divided by it. */
export interface ConversionStep {
  readonly source: RateSource;
  readonly isInverted: boolean;
}

/** A balance in one currency, and what a unit is worth in the account's currency. */
export class Cash {
  readonly currency: string;
  amount: Decimal;
  #rate: Decimal;
  #steps: readonly ConversionStep[] | undefined;
  /** Prices that the rate was computed from. */
  readonly #prices: Decimal[] = [];
  readonly #onChange: () => void;

  constructor(currency: string, start: { readonly amount: Decimal; readonly rate: Decimal }, onChange: () => void) {
    this.currency = currency;
    this.amount = start.amount;
    this.#rate = start.rate;
    this.#onChange = onChange;
  }

  /** Worth of one unit in the account's currency at the last prices; 0 while it is not known. */
  get conversionRate(): Decimal {
    if (this.#steps !== undefined && this.#hasNewPrice(this.#steps)) this.#compute(this.#steps);
    return this.#rate;
  }

  get valueInAccountCurrency(): Decimal {
    return this.isAccountCurrency ? this.amount : this.amount.multiply(this.conversionRate);
  }

  get isAccountCurrency(): boolean {
    return this.currency === ACCOUNT_CURRENCY;
  }

  /** Whether it is known how the rate is found. */
  get hasConversion(): boolean {
    return this.isAccountCurrency || this.#steps !== undefined;
  }

  add(amount: Decimal): void {
    this.amount = this.amount.add(amount);
    this.#onChange();
  }

  set(amount: Decimal, rate?: Decimal): void {
    this.amount = amount;
    if (rate !== undefined && !rate.isZero) this.#rate = rate;
    this.#onChange();
  }

  /** Prices the currency by securities from now on; no steps fix the rate at 1. A rate set before stays until then. */
  convertBy(steps: readonly ConversionStep[]): void {
    this.#steps = steps;
    if (steps.length === 0) this.#rate = Decimal.ONE;
  }

  /** Prices are kept objects: a new one is another object. */
  #hasNewPrice(steps: readonly ConversionStep[]): boolean {
    return steps.some(({ source }, place) => source.price !== this.#prices[place]);
  }

  #compute(steps: readonly ConversionStep[]): void {
    let rate = Decimal.ONE;
    for (const [place, { source, isInverted }] of steps.entries()) {
      const { price } = source;
      // Until all steps have a price, a rate that the strategy gave stays.
      if (price.isZero) return;
      this.#prices[place] = price;
      rate = isInverted ? rate.divide(price) : rate.multiply(price);
    }
    this.#rate = rate;
  }
}

/** The balances of the account by currency, the account's first. */
export class CashBook {
  readonly #entries = new Map<string, Cash>();
  readonly #onChange: () => void;
  readonly account: Cash;

  /** `onChange` is told of every change of an amount. */
  constructor(amount: Decimal, onChange: () => void) {
    this.#onChange = onChange;
    this.account = new Cash(ACCOUNT_CURRENCY, { amount, rate: Decimal.ONE }, onChange);
    this.#entries.set(ACCOUNT_CURRENCY, this.account);
  }

  get all(): Cash[] {
    return [...this.#entries.values()];
  }

  /** Whether there is any currency besides the account's. */
  get hasForeign(): boolean {
    return this.#entries.size > 1;
  }

  find(currency: string): Cash | undefined {
    return this.#entries.get(currency);
  }

  /** The balance in a currency, made with nothing in it where there is none. */
  ensure(currency: string): Cash {
    const known = this.#entries.get(currency);
    if (known !== undefined) return known;
    const made = new Cash(currency, { amount: Decimal.ZERO, rate: Decimal.ZERO }, this.#onChange);
    this.#entries.set(currency, made);
    this.#onChange();
    return made;
  }

  get total(): Decimal {
    if (!this.hasForeign) return this.account.amount;
    let total = Decimal.ZERO;
    for (const cash of this.#entries.values()) total = total.add(cash.valueInAccountCurrency);
    return total;
  }

  /** An amount in the account's currency; 0 while the rate is not known. */
  toAccount(amount: Decimal, currency: string): Decimal {
    if (currency === ACCOUNT_CURRENCY) return amount;
    return amount.multiply(this.#entries.get(currency)?.conversionRate ?? Decimal.ZERO);
  }

  /** An amount in another currency; undefined while a rate is not known. */
  convert(amount: Decimal, from: string, to: string): Decimal | undefined {
    if (amount.isZero) return Decimal.ZERO;
    if (from === to) return amount;
    const source = this.#entries.get(from)?.conversionRate ?? Decimal.ZERO;
    const target = this.#entries.get(to)?.conversionRate ?? Decimal.ZERO;
    if (source.isZero || target.isZero) return undefined;
    return amount.multiply(source.divide(target));
  }
}
