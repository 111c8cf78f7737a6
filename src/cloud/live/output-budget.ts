import type { LiveOutput } from "../../lean/live/live-protocol.ts";

/** What an algorithm may write in a stretch of time, in characters and (for a point) what one takes on the disk. */
const MOST_IN_STRETCH = 50_000_000;
const STRETCH = 3_600_000_000;
const POINT_SIZE = 100;
const MOST_STATISTICS = 200;

/** Holds a live algorithm, which never ends, to what a disk can take. Times are UTC microseconds. */
export class OutputBudget {
  #since = Number.NEGATIVE_INFINITY;
  #used = 0;

  /** The output as far as it is kept; `isFirst` where this is the first one of the stretch that is left out. */
  take(output: LiveOutput, now: number): { readonly kept: LiveOutput; readonly isFirst: boolean } {
    // Also where the clock was set back.
    if (Math.abs(now - this.#since) >= STRETCH) {
      this.#since = now;
      this.#used = 0;
    }
    const wasFull = this.#used > MOST_IN_STRETCH;
    if (!wasFull) this.#used += sizeOf(output);
    const isFull = this.#used > MOST_IN_STRETCH;
    const { runtimeStatistics, ...rest } = output;
    const few = Object.fromEntries(Object.entries(runtimeStatistics ?? {}).slice(0, MOST_STATISTICS));
    const statistics = runtimeStatistics === undefined ? {} : { runtimeStatistics: few };
    if (!isFull) return { kept: { ...rest, ...statistics }, isFirst: false };
    return { kept: { logs: [], warnings: [], charts: {}, ...statistics }, isFirst: !wasFull };
  }
}

function sizeOf({ logs, warnings, charts, insights }: LiveOutput): number {
  const texts = [...logs, ...warnings.map(({ message }) => message)];
  const series = Object.values(charts).flatMap((chart) => Object.values(chart.series));
  return (
    texts.reduce((sum, { length }) => sum + length, 0) +
    series.reduce((sum, { values }) => sum + (values.length + 1) * POINT_SIZE, 0) +
    JSON.stringify(insights ?? []).length
  );
}
