import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readCalendar } from "./calendar.ts";
import { importPrices } from "./import-prices.ts";
import { SYNTHETIC_NOTE, syntheticDailyCsv } from "./synthetic-bars.ts";

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

/** Before 2014 most opens of the file repeat the previous close. */
const FROM = "2014-01-02";
const TO = "2020-04-17";
const SEED = 20_140_102;

/**
 * Puts the demo's daily prices into a data folder: those of the S&P 500 from the development dependency
 * `vega-datasets` as `SP500`, or, where that is not installed, seeded synthetic ones as `SYNTH`.
 * @throws RefusalError as `importPrices` does.
 */
export async function importDemoPrices(request: DemoPricesRequest): Promise<DemoPrices> {
  const { folder, now } = request;
  const calendarFolders = [folder, join(request.packageRoot, "config", "lean-data")];
  const found = await installedPrices(request.packageRoot);
  const shared = { folder, now, calendarFolders, kind: "index", from: FROM, to: TO } as const;
  const report =
    found === undefined
      ? await importPrices({
          ...shared,
          csv: syntheticDailyCsv({ seed: SEED, from: FROM, to: TO }, readCalendar("SYNTH", calendarFolders)),
          ticker: "SYNTH",
          kind: "equity",
          source: `generated, seed ${SEED}`,
          licence: "none needed",
          synthetic: true,
          notes: [SYNTHETIC_NOTE],
        })
      : await importPrices({
          ...shared,
          csv: found.csv,
          ticker: "SP500",
          source: `vega-datasets ${found.version}, sp500-2000.csv: S&P 500 index, daily, from Yahoo`,
          licence: "none stated",
          notes: [
            "A price index: no dividends, not tradable.",
            "Opens before 2014 often equal the previous close; prices from 2014 on are used.",
          ],
        });
  const { ticker, source, synthetic, first, last, bars, notes } = report;
  return { ticker, source, synthetic, first, last, bars, notes };
}

const packageSchema = z.object({ version: z.string() });

/** The file and its package's version; undefined where the package is not installed. */
async function installedPrices(packageRoot: string): Promise<{ csv: string; version: string } | undefined> {
  try {
    const entry = createRequire(join(packageRoot, "package.json")).resolve("vega-datasets");
    // The package exports its program only, which stands in a folder beside its data.
    const root = dirname(dirname(entry));
    const csv = await readFile(join(root, "data", "sp500-2000.csv"), "utf8");
    const description: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    return { csv, version: packageSchema.parse(description).version };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "MODULE_NOT_FOUND" || code === "ENOENT") return undefined;
    throw error;
  }
}
