import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { DataFault } from "../data/data-fault.ts";
import { resolutionName } from "../data/resolution.ts";
import { dayOf, isoDate } from "../time/civil-date.ts";
import type { DataFeed } from "./data-feed.ts";

/** Refuses a run in which a requested security has no data at all (DATA_MISSING). */
export function checkData(algorithm: QcAlgorithm, feed: DataFeed): void {
  for (const { security, resolution, isExplicit } of algorithm.securities.subscriptions) {
    if (!isExplicit) continue;
    const feeds = feed.opened.filter((candidate) => !candidate.isInternal && candidate.security === security);
    const [first] = feeds;
    if (first === undefined || feeds.some((candidate) => candidate.hasAnyData)) continue;
    const { from, to } = first.stream.config;
    const name = security.symbol.value;
    throw new DataFault({
      code: "DATA_MISSING",
      message:
        `expected ${resolutionName(resolution)} bars of ${name} from ${isoDate(dayOf(from))} to ${isoDate(dayOf(to))}, ` +
        `found none; looked for ${first.stream.pathOn(dayOf(from))}`,
      remedy:
        resolutionName(resolution) === "daily"
          ? `Import them with: quantwright data import FILE.csv --ticker ${name}`
          : "`quantwright data import` takes daily prices; add finer ones in LEAN's layout to the data folder (dataFolder in settings.json, or --data), or use daily bars",
    });
  }
}

/** After the run: trading days without a trade bar, one warning a feed. */
export function warnOfGaps(algorithm: QcAlgorithm, feed: DataFeed): void {
  for (const { stream, isInternal, isQuote, security } of feed.opened) {
    const { missingCount, missingDays } = stream;
    if (isInternal || isQuote || missingCount === 0) continue;
    const days = missingDays.map(isoDate).join(", ");
    algorithm.journal.warn(
      "DATA_GAPS",
      `${security.symbol.value}, ${resolutionName(stream.config.resolution)}: ${missingCount} trading days without data ` +
        `(${days}${missingCount > missingDays.length ? ", …" : ""})`,
    );
  }
}
