import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { startOfBars } from "../data/start-of-bars.ts";
import { MICROS_PER_DAY, dayOf } from "../time/civil-date.ts";

/**
 * When the warm-up begins, UTC microseconds; undefined without one. For a number of bars it is the midnight before the
 * first of them, for the security that needs most time.
 */
export function warmUpStartUtc(algorithm: QcAlgorithm): number | undefined {
  const { configuration, clock, securities } = algorithm;
  const { warmUp } = configuration;
  if (warmUp === undefined || securities.all.length === 0) return undefined;
  const start = clock.zone.toUtc(configuration.startDate);
  if ("span" in warmUp) return start - warmUp.span;
  const starts = securities.all.map((security) => {
    const { zone } = security.hours;
    const resolution = warmUp.resolution ?? security.resolution;
    const first = startOfBars(security, { now: zone.toLocal(start), bars: warmUp.bars, resolution });
    return zone.toUtc(dayOf(first) * MICROS_PER_DAY);
  });
  return Math.min(...starts);
}
