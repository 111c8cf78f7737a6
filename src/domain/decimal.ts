/** Largest coefficient of a .NET decimal: 96 bits. */
const MAX_COEFFICIENT = (1n << 96n) - 1n;
const MAX_SCALE = 28;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const POWERS: readonly bigint[] = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent));

function power(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

/** Integer division, half to even. */
function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  if (rest === 0n) return quotient;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const size = divisor < 0n ? -divisor : divisor;
  if (twice < size || (twice === size && (quotient & 1n) === 0n)) return quotient;
  return rest < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/**
 * The decimal number of .NET: a 96-bit integer and a scale of 0 to 28. The scale is part of the value (`1.50` is not
 * printed as `1.5`): LEAN's order hash and texts depend on it. Results that do not fit are rounded half to even, as
 * .NET does; values are immutable.
 */
export class Decimal {
  static readonly ZERO: Decimal = new Decimal(0n, 0);
  static readonly ONE: Decimal = new Decimal(1n, 0);

  readonly coefficient: bigint;
  readonly scale: number;

  private constructor(coefficient: bigint, scale: number) {
    this.coefficient = coefficient;
    this.scale = scale;
  }

  /** `coefficient` / 10^`scale`, rounded into 96 bits and 28 places. Throws a RangeError on overflow. */
  static of(coefficient: bigint, scale: number): Decimal {
    if (scale <= MAX_SCALE && coefficient <= MAX_COEFFICIENT && coefficient >= -MAX_COEFFICIENT) {
      return scale >= 0 ? new Decimal(coefficient, scale) : Decimal.of(coefficient * power(-scale), 0);
    }
    const size = coefficient < 0n ? -coefficient : coefficient;
    let drop = Math.max(scale - MAX_SCALE, 0);
    while (size / power(drop) > MAX_COEFFICIENT) drop += 1;
    let rounded = divideHalfEven(coefficient, power(drop));
    if (rounded > MAX_COEFFICIENT || rounded < -MAX_COEFFICIENT) {
      drop += 1;
      rounded = divideHalfEven(coefficient, power(drop));
    }
    if (drop > scale) throw new RangeError(`decimal overflow: ${coefficient} / 10^${scale}`);
    return new Decimal(rounded, scale - drop);
  }

  /** Reads `-12.340`, `1e-7`; every written digit is kept. Throws a SyntaxError on anything else. */
  static parse(text: string): Decimal {
    const match = /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/.exec(text);
    const whole = match?.[2] ?? "";
    const fraction = match?.[3] ?? "";
    if (match === null || whole + fraction === "") {
      throw new SyntaxError(`expected a decimal number, got ${JSON.stringify(text)}`);
    }
    const scale = fraction.length - Number(match[4] ?? 0);
    const digits = BigInt(whole + fraction);
    const signed = match[1] === "-" ? -digits : digits;
    return signed === 0n && scale < 0 ? Decimal.ZERO : Decimal.of(signed, scale);
  }

  /** A double that a strategy passes in: the shortest text that reads back as the same double. */
  static fromNumber(value: number): Decimal {
    if (Number.isSafeInteger(value)) return new Decimal(BigInt(value), 0);
    if (!Number.isFinite(value)) throw new RangeError(`expected a finite number, got ${value}`);
    return Decimal.parse(String(value));
  }

  /** .NET's `(decimal)double`: 15 significant digits, no trailing zeros. */
  static fromDouble15(value: number): Decimal {
    if (!Number.isFinite(value)) throw new RangeError(`expected a finite number, got ${value}`);
    return Decimal.parse(value.toPrecision(15)).normalize();
  }

  static from(value: Decimal | number | string): Decimal {
    if (typeof value === "number") return Decimal.fromNumber(value);
    return typeof value === "string" ? Decimal.parse(value) : value;
  }

  add(other: Decimal): Decimal {
    if (this.scale === other.scale) return Decimal.of(this.coefficient + other.coefficient, this.scale);
    return this.scale > other.scale
      ? Decimal.of(this.coefficient + other.coefficient * power(this.scale - other.scale), this.scale)
      : Decimal.of(this.coefficient * power(other.scale - this.scale) + other.coefficient, other.scale);
  }

  subtract(other: Decimal): Decimal {
    return this.add(new Decimal(-other.coefficient, other.scale));
  }

  multiply(other: Decimal): Decimal {
    return Decimal.of(this.coefficient * other.coefficient, this.scale + other.scale);
  }

  /**
   * Quotient at the natural scale (difference of the scales) where that is exact, otherwise with as many digits as 96
   * bits hold, half to even, without trailing zeros. Throws a RangeError for a zero divisor.
   */
  divide(other: Decimal): Decimal {
    if (other.coefficient === 0n) throw new RangeError("division by zero");
    const natural = this.scale - other.scale;
    const dividend = natural < 0 ? this.coefficient * power(-natural) : this.coefficient;
    const base = Math.max(natural, 0);
    if (dividend % other.coefficient === 0n) return Decimal.of(dividend / other.coefficient, base);
    const divisor = other.coefficient < 0n ? -other.coefficient : other.coefficient;
    const size = dividend < 0n ? -dividend : dividend;
    const whole = (size / divisor).toString().length;
    let extra = Math.min(MAX_SCALE - base, 30 - whole);
    while (extra > 0 && (size * power(extra)) / divisor > MAX_COEFFICIENT) extra -= 1;
    extra = Math.max(extra, 0);
    const signed = dividend < 0n === other.coefficient < 0n ? size : -size;
    return Decimal.of(divideHalfEven(signed * power(extra), divisor), base + extra).normalize();
  }

  negate(): Decimal {
    return new Decimal(-this.coefficient, this.scale);
  }

  abs(): Decimal {
    return this.coefficient < 0n ? this.negate() : this;
  }

  /** Negative, zero or positive as this is below, equal to or above the other; the scale does not matter. */
  compare(other: Decimal): number {
    const left = this.scale >= other.scale ? this.coefficient : this.coefficient * power(other.scale - this.scale);
    const right = other.scale >= this.scale ? other.coefficient : other.coefficient * power(this.scale - other.scale);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  lessThan(other: Decimal): boolean {
    return this.compare(other) < 0;
  }

  greaterThan(other: Decimal): boolean {
    return this.compare(other) > 0;
  }

  min(other: Decimal): Decimal {
    return other.lessThan(this) ? other : this;
  }

  max(other: Decimal): Decimal {
    return other.greaterThan(this) ? other : this;
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.coefficient > 0n ? 1 : this.coefficient < 0n ? -1 : 0;
  }

  get isZero(): boolean {
    return this.coefficient === 0n;
  }

  /** At most `places` decimals, half to even; a smaller scale stays as it is (`Math.Round`). */
  round(places = 0): Decimal {
    if (this.scale <= places) return this;
    return new Decimal(divideHalfEven(this.coefficient, power(this.scale - places)), places);
  }

  /** Text with exactly `places` decimals, half away from zero (`ToString("0.00")`). */
  toFixed(places: number): string {
    if (this.scale <= places) return new Decimal(this.coefficient * power(places - this.scale), places).toString();
    const unit = power(this.scale - places);
    const half = this.coefficient < 0n ? -unit / 2n : unit / 2n;
    return new Decimal((this.coefficient + half) / unit, places).toString();
  }

  /** The largest integer that is not greater. */
  floor(): Decimal {
    const unit = power(this.scale);
    const quotient = this.coefficient / unit;
    return new Decimal(this.coefficient < 0n && this.coefficient % unit !== 0n ? quotient - 1n : quotient, 0);
  }

  /** The smallest integer that is not less. */
  ceil(): Decimal {
    return this.negate().floor().negate();
  }

  /** Without trailing zeros after the point. */
  normalize(): Decimal {
    if (this.scale === 0) return this;
    if (this.coefficient === 0n) return Decimal.ZERO;
    let { coefficient, scale } = this;
    while (scale > 0 && coefficient % 10n === 0n) {
      coefficient /= 10n;
      scale -= 1;
    }
    return scale === this.scale ? this : new Decimal(coefficient, scale);
  }

  /** LEAN's `RoundToSignificantDigits`; keeps the scale that multiplication gives. */
  roundToSignificantDigits(digits: number): Decimal {
    if (this.coefficient === 0n) return Decimal.ZERO;
    const exponent = Math.floor(Math.log10(Math.abs(this.toNumber()))) + 1;
    const unit = exponent >= 0 ? Decimal.of(power(exponent), 0) : Decimal.of(1n, -exponent);
    return unit.multiply(this.divide(unit).round(digits));
  }

  /** LEAN's `SmartRounding`: above 1000 four places, otherwise seven significant digits. */
  smartRounding(): Decimal {
    const plain = this.normalize();
    return plain.compare(THOUSAND) > 0 ? plain.round(4) : plain.roundToSignificantDigits(7).normalize();
  }

  /** The nearest double. */
  toNumber(): number {
    const { coefficient, scale } = this;
    if (coefficient <= SAFE && coefficient >= -SAFE && scale <= 22) return Number(coefficient) / 10 ** scale;
    return Number(`${coefficient}e-${scale}`);
  }

  /** Plain digits with all decimals of the scale. */
  toString(): string {
    if (this.scale === 0) return this.coefficient.toString();
    const digits = (this.coefficient < 0n ? -this.coefficient : this.coefficient)
      .toString()
      .padStart(this.scale + 1, "0");
    const split = digits.length - this.scale;
    return `${this.coefficient < 0n ? "-" : ""}${digits.slice(0, split)}.${digits.slice(split)}`;
  }
}

const THOUSAND = Decimal.of(1000n, 0);
