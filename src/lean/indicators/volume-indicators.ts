import { Indicator, type IndicatorInput } from "./indicator.ts";
import { RollingValues } from "./rolling-values.ts";
import { dayOf } from "../time/civil-date.ts";

/** Volume added up with the sign of the change of the close. */
export class OnBalanceVolume extends Indicator {
  #previous = 0;

  constructor(name = "OBV") {
    super(name, 1);
  }

  protected override compute({ close, volume }: IndicatorInput): number {
    const before = this.#previous;
    this.#previous = close;
    if (this.samples === 1) return volume;
    return this.value + Math.sign(close - before) * volume;
  }

  protected override clear(): void {
    this.#previous = 0;
  }
}

/** Mean of (open + high + low + close) / 4 over `period` bars, weighted by volume; 0 without volume. */
export class VolumeWeightedAveragePrice extends Indicator {
  readonly #amounts: RollingValues;
  readonly #volumes: RollingValues;

  constructor(period: number, name = `VWAP(${period})`) {
    super(name, period);
    this.#amounts = new RollingValues(period);
    this.#volumes = new RollingValues(period);
  }

  protected override compute({ open, high, low, close, volume }: IndicatorInput): number {
    this.#amounts.push(((open + high + low + close) / 4) * volume);
    this.#volumes.push(volume);
    let amount = 0;
    let weight = 0;
    for (let age = 0; age < this.#amounts.count; age += 1) {
      amount += this.#amounts.at(age);
      weight += this.#volumes.at(age);
    }
    return weight === 0 ? 0 : amount / weight;
  }

  protected override clear(): void {
    this.#amounts.clear();
    this.#volumes.clear();
  }
}

/** Mean of (high + low + close) / 3 since midnight, weighted by volume; the close while there is no volume. */
export class IntradayVwap extends Indicator {
  #day = Number.NaN;
  #amount = 0;
  #volume = 0;

  constructor(name = "VWAP") {
    super(name, 1);
  }

  override get isReady(): boolean {
    return this.#volume > 0;
  }

  protected override compute({ time, high, low, close, volume }: IndicatorInput): number {
    const day = dayOf(time - 1);
    if (day !== this.#day) {
      this.#day = day;
      this.#amount = 0;
      this.#volume = 0;
    }
    this.#amount += ((high + low + close) / 3) * volume;
    this.#volume += volume;
    return this.#volume === 0 ? close : this.#amount / this.#volume;
  }

  protected override clear(): void {
    this.#day = Number.NaN;
    this.#amount = 0;
    this.#volume = 0;
  }
}
