import { Indicator, type IndicatorInput } from "./indicator.ts";

/** A named value of another indicator: its parent pushes the values. */
export class OutputValue extends Indicator {
  constructor(name: string, warmUpPeriod = 1) {
    super(name, warmUpPeriod);
  }

  protected override compute({ close }: IndicatorInput): number {
    return close;
  }

  protected override clear(): void {
    // The base class holds all there is.
  }
}
