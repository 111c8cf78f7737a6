import type { Chart } from "../backtest-result.ts";
import type { Decimal } from "../../domain/decimal.ts";
import type { Sample, Sampler } from "../statistics/sampler.ts";

const MICROS = 1_000_000;
/** LEAN's `SeriesType`. */
const LINE = 0;
const BAR = 3;
const CANDLE = 6;

type Series = Chart["series"][string];
type Points = (number | null)[][];

function line(name: string, unit: string, values: Points, options: { index?: number; type?: number } = {}): Series {
  return { name, unit, index: options.index ?? 0, seriesType: options.type ?? LINE, values };
}

function points(
  samples: readonly Sample[],
  value: (sample: Decimal) => number = (sample) => sample.toNumber(),
): Points {
  return samples.map((sample) => [Math.floor(sample.time / MICROS), value(sample.value)]);
}

function chart(name: string, series: readonly Series[]): Chart {
  return { name, series: Object.fromEntries(series.map((one) => [one.name, one])) };
}

/** Fall of each point of the curve from the peak before it, in percent. */
function drawdown(curve: readonly Sample[]): Points {
  let peak = Number.NEGATIVE_INFINITY;
  return curve.map(({ time, value }) => {
    const now = value.toNumber();
    peak = Math.max(peak, now);
    return [Math.floor(time / MICROS), peak > 0 ? Math.round((now / peak - 1) * 1e6) / 1e4 : 0];
  });
}

/** One candle a point: the curve is sampled so often that open, high, low and close coincide. */
function candles(curve: readonly Sample[]): Points {
  return curve.map(({ time, value }) => {
    const now = value.toNumber();
    return [Math.floor(time / MICROS), now, now, now, now];
  });
}

/** The charts that LEAN draws for every backtest. */
export function standardCharts(sampler: Sampler, capacity: Decimal, totalSales: Decimal): Record<string, Chart> {
  const last = sampler.equity.at(-1);
  const end: Points = last === undefined ? [] : [[Math.floor(last.time / MICROS), capacity.toNumber()]];
  const sales: Points = last === undefined ? [] : [[Math.floor(last.time / MICROS), totalSales.toNumber()]];
  const exposure = (side: "long" | "short"): Points =>
    sampler.exposure.map((sample) => [Math.floor(sample.time / MICROS), sample[side].round(4).toNumber()]);
  const charts = [
    chart("Strategy Equity", [
      line("Equity", "$", candles(sampler.equity), { type: CANDLE }),
      line("Return", "%", points(sampler.performance), { index: 1, type: BAR }),
    ]),
    chart("Capacity", [line("Strategy Capacity", "$", end)]),
    chart("Drawdown", [line("Equity Drawdown", "%", drawdown(sampler.equity))]),
    chart("Benchmark", [line("Benchmark", "", points(sampler.benchmark))]),
    chart("Exposure", [
      line("Equity - Long Ratio", "", exposure("long")),
      line("Equity - Short Ratio", "", exposure("short")),
    ]),
    chart("Assets Sales Volume", [line("Sales Volume", "$", sales)]),
    chart("Portfolio Turnover", [line("Portfolio Turnover", "%", points(sampler.turnover))]),
    chart("Portfolio Margin", [
      line(
        "Margin Used",
        "%",
        points(sampler.margin, (value) => value.round(4).toNumber()),
      ),
    ]),
  ];
  return Object.fromEntries(charts.map((one) => [one.name, one]));
}
