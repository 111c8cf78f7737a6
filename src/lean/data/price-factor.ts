import { Decimal } from "../../domain/decimal.ts";

const EQUITY_SCALE = 4;
const LARGEST_EXACT_POWER = 22;
/** Volumes below this are rounded in doubles unless they come this near to a tie. */
const FAST_VOLUME = 1e9;
const TIE_MARGIN = 1e-5;

/**
 * How the integers of a price file become prices: divided by 10 000 and, where prices are adjusted, multiplied by the
 * factor of their date. Exact as Decimal, correctly rounded as double.
 */
export class PriceFactor {
  static readonly UNADJUSTED: PriceFactor = new PriceFactor(undefined);
  /** Files of currency pairs hold prices as they are. */
  static readonly PLAIN: PriceFactor = new PriceFactor(undefined, 0);

  /** The factor itself; `undefined` stands for "no multiplication" (raw prices, or a factor of 1). */
  readonly factor: Decimal | undefined;
  readonly #integer: number;
  readonly #divisor: number;
  readonly #largest: number;
  readonly #inverse: Decimal | undefined;
  readonly #quotient: number;
  readonly #unit: Decimal;

  private constructor(factor: Decimal | undefined, scale: number = EQUITY_SCALE) {
    this.factor = factor;
    this.#unit = Decimal.of(1n, scale);
    this.#inverse = factor === undefined ? undefined : Decimal.ONE.divide(factor);
    this.#quotient = factor?.toNumber() ?? 1;
    const plain = factor?.normalize() ?? Decimal.ONE;
    const places = plain.scale + scale;
    this.#integer = Number(plain.coefficient);
    this.#divisor = 10 ** places;
    const isExact = places <= LARGEST_EXACT_POWER && Number.isSafeInteger(this.#integer);
    this.#largest = isExact ? Number.MAX_SAFE_INTEGER / this.#integer : -1;
  }

  static of(factor: Decimal): PriceFactor {
    return factor.equals(Decimal.ONE) ? PriceFactor.UNADJUSTED : new PriceFactor(factor);
  }

  /** The nearest double of the price. */
  toNumber(raw: number): number {
    if (raw <= this.#largest) return (raw * this.#integer) / this.#divisor;
    if (this.#largest < 0) return this.toDecimal(raw).toNumber();
    return dividedProduct(raw, this.#integer, this.#divisor);
  }

  toDecimal(raw: number): Decimal {
    const price = Number.isInteger(raw)
      ? Decimal.of(BigInt(raw), this.#unit.scale)
      : Decimal.fromNumber(raw).multiply(this.#unit);
    return this.factor === undefined ? price : price.multiply(this.factor);
  }

  /** Volume in adjusted shares, half to even. */
  volume(raw: number): number {
    if (this.#inverse === undefined) return raw;
    const near = raw / this.#quotient;
    const fraction = near - Math.floor(near);
    if (near < FAST_VOLUME && Math.abs(fraction - 0.5) > TIE_MARGIN) return Math.round(near);
    return Decimal.fromNumber(raw).multiply(this.#inverse).round().toNumber();
  }
}

const SPLITTER = 2 ** 27 + 1;

/** Rounding error of the product of two doubles, exactly (Dekker). */
function productError(left: number, right: number, product: number): number {
  const leftScaled = SPLITTER * left;
  const leftHigh = leftScaled - (leftScaled - left);
  const leftLow = left - leftHigh;
  const rightScaled = SPLITTER * right;
  const rightHigh = rightScaled - (rightScaled - right);
  const rightLow = right - rightHigh;
  return leftLow * rightLow - (product - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow);
}

/** The double nearest to left x right / divisor for exact integers, also where the product needs more than 53 bits. */
function dividedProduct(left: number, right: number, divisor: number): number {
  const product = left * right;
  const quotient = product / divisor;
  const back = quotient * divisor;
  const rest = product - back - productError(quotient, divisor, back) + productError(left, right, product);
  return quotient + rest / divisor;
}
