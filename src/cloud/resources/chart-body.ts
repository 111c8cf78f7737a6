import type { Chart } from "../../lean/backtest-result.ts";
import { absent, filledText, wholeNumber } from "../input-fields.ts";
import type { ReplyBody } from "../reply.ts";

/** What a read of a chart is asked with, beside whose chart it is; times in unix seconds. */
export const chartFields = {
  name: filledText,
  count: absent(wholeNumber),
  start: absent(wholeNumber),
  end: absent(wholeNumber),
};

export interface ChartRange {
  /** Most points of each series; 0 is no limit. */
  readonly count: number;
  /** Unix seconds, inclusive. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

const SCATTER_3D = 8;
const LINE = 0;

/** A chart in a range of time, thinned evenly to the points that were asked for; first and last always stay. */
export function chartBody({ name, series }: Chart, range: ChartRange): ReplyBody {
  const bodies = Object.entries(series).map(([key, { values, seriesType, ...rest }]) => [
    key,
    {
      ...rest,
      // Strict clients know no 3D scatter.
      seriesType: seriesType === SCATTER_3D ? LINE : seriesType,
      values: thinned(inRange(values, range), range.count),
    },
  ]);
  return { name, chartType: 0, series: Object.fromEntries(bodies) };
}

type Points = readonly (readonly (number | null)[])[];

function inRange(
  points: Points,
  { start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY }: ChartRange,
): Points {
  return points.filter(([time]) => typeof time === "number" && time >= start && time <= end);
}

function thinned(points: Points, count: number): Points {
  if (count <= 0 || points.length <= count) return points;
  if (count === 1) return points.slice(-1);
  return Array.from(
    { length: count },
    (_, index) => points[Math.round((index * (points.length - 1)) / (count - 1))] ?? [],
  );
}
