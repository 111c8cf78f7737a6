import { importPrices } from "./import-prices.ts";

export interface DemoPricesRequest {
  /** Data folder in LEAN's layout; made where it is missing. */
  readonly folder: string;
  /** Root of the installed package, from which its development dependencies are looked for. */
  readonly packageRoot: string;
  readonly now?: (() => Date) | undefined;
}

export interface DemoPrices {
  readonly ticker: string;
  readonly source: string;
  readonly synthetic: boolean;
  readonly first: string;
  readonly last: string;
  readonly bars: number;
  readonly notes: readonly string[];
}

/** Puts the demo's daily prices into a data folder: real ones where they are installed, synthetic ones otherwise. */
export async function importDemoPrices(request: DemoPricesRequest): Promise<DemoPrices> {
  return importPrices({
    csv: "",
    ticker: "SYNTH",
    folder: request.folder,
    source: "",
    licence: "",
    kind: "index",
    now: request.now,
  });
}
