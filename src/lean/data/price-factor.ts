import { Decimal } from "../../domain/decimal.ts";

const EQUITY_SCALE = 4;
const LARGEST_EXACT_POWER = 22;

/**
 * How the integers of a price file become prices: divided by 10 000 and, where prices are adjusted, multiplied by the
 * factor of their date. Exact as Decimal, correctly rounded as double.
 */
export class PriceFactor {
  static readonly UNADJUSTED: PriceFactor = new PriceFactor(undefined);

  /** The factor itself; `undefined` stands for "no multiplication" (raw prices, or a factor of 1). */
  readonly factor: Decimal | undefined;
  readonly #integer: number;
  readonly #divisor: number;
  readonly #largest: number;
  readonly #inverse: Decimal | undefined;

  private constructor(factor: Decimal | undefined) {
    this.factor = factor;
    this.#inverse = factor === undefined ? undefined : Decimal.ONE.divide(factor);
    const plain = factor?.normalize() ?? Decimal.ONE;
    const places = plain.scale + EQUITY_SCALE;
    this.#integer = Number(plain.coefficient);
    this.#divisor = 10 ** places;
    this.#largest = places <= LARGEST_EXACT_POWER ? Number.MAX_SAFE_INTEGER / this.#integer : -1;
  }

  static of(factor: Decimal): PriceFactor {
    return factor.equals(Decimal.ONE) ? PriceFactor.UNADJUSTED : new PriceFactor(factor);
  }

  /** The nearest double of the price. */
  toNumber(raw: number): number {
    if (raw <= this.#largest) return (raw * this.#integer) / this.#divisor;
    return this.toDecimal(raw).toNumber();
  }

  toDecimal(raw: number): Decimal {
    const price = Number.isInteger(raw)
      ? Decimal.of(BigInt(raw), EQUITY_SCALE)
      : Decimal.fromNumber(raw).multiply(Decimal.of(1n, EQUITY_SCALE));
    return this.factor === undefined ? price : price.multiply(this.factor);
  }

  /** Volume in adjusted shares, half to even. */
  volume(raw: number): number {
    if (this.#inverse === undefined) return raw;
    return Decimal.fromNumber(raw).multiply(this.#inverse).round().toNumber();
  }
}
