import { z } from "zod";
import { RefusalError } from "../domain/refusal.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";
import type { DataSource } from "../lean/data-source.ts";
import { INDICATOR_CATALOGUE, createIndicator } from "../lean/indicators/catalogue.ts";
import type { Indicator } from "../lean/indicators/indicator.ts";
import type { Agent } from "./agent.ts";
import { readPriceHistory, sessionsSince, type PriceBar, type PriceHistory } from "./price-history.ts";

const ticker = z
  .string()
  .regex(/^[A-Za-z0-9.-]{1,20}$/, "a ticker such as SPY")
  .describe("Ticker, for example SPY");
const resolution = z.enum(["daily", "hour"]).default("daily").describe("Length of a bar");
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "a date such as 2019-12-31");
const range = {
  start: date.optional().describe("First date (YYYY-MM-DD)"),
  end: date.optional().describe("Last date, included"),
};
const provenance = { source: z.string(), synthetic: z.boolean(), notes: z.array(z.string()) };
const barSchema = z.object({
  date: z.string(),
  time: z.string(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});

function inRange(bars: readonly PriceBar[], from: string | undefined, to: string | undefined): readonly PriceBar[] {
  return bars.filter((bar) => (from === undefined || bar.date >= from) && (to === undefined || bar.date <= to));
}

function shown(bar: PriceBar): z.input<typeof barSchema> {
  const { date: day, endUtc, open, high, low, close, volume } = bar;
  return { date: day, time: new Date(endUtc / 1000).toISOString(), open, high, low, close, volume };
}

function lastOf(history: PriceHistory, bars: readonly PriceBar[], what: string): PriceBar {
  const last = bars.at(-1);
  const all = history.bars;
  if (last !== undefined) return last;
  throw new RefusalError({
    code: "DATA_MISSING",
    message: `no ${history.resolution} bars of ${history.ticker} ${what}; stored are ${all[0]?.date ?? "none"} to ${all.at(-1)?.date ?? "none"}`,
    remedy: "ask for dates inside the stored range, or import more data",
  });
}

const getMarketData = (openData: () => DataSource): Skill =>
  defineSkill({
    name: "get_market_data",
    title: "Get market data",
    description:
      "Stored price bars (open, high, low, close, volume; adjusted for splits and dividends) of one ticker between two dates. Use it for history; without dates it gives the most recent stored bars. It says how old the data is and where it comes from.",
    owner: "data-edge",
    class: "read",
    input: z.object({
      ticker,
      resolution,
      ...range,
      limit: z.int().min(1).max(5000).default(250).describe("Most bars to return, counted from the end"),
    }),
    output: z.object({
      ticker: z.string(),
      resolution: z.string(),
      asOf: z.string(),
      kind: z.literal("last stored bar"),
      ...provenance,
      total: z.int(),
      bars: z.array(barSchema),
    }),
    answer: async (args) => {
      const history = readPriceHistory(openData(), args.ticker, args.resolution);
      const bars = inRange(history.bars, args.start, args.end);
      const last = lastOf(history, bars, "in that range");
      const { source, synthetic, notes } = history;
      const data = {
        asOf: new Date(last.endUtc / 1000).toISOString(),
        kind: "last stored bar" as const,
        ticker: history.ticker,
        resolution: history.resolution,
        source,
        synthetic,
        notes: [...notes],
        total: bars.length,
        bars: bars.slice(-args.limit).map(shown),
      };
      return { data, source, asOf: last.endUtc };
    },
  });

const getStockPrice = (openData: () => DataSource): Skill =>
  defineSkill({
    name: "get_stock_price",
    title: "Get stock price",
    description:
      "The latest known price of one ticker, with its time and kind. Refuses when the last stored bar is older than one trading day: then use get_market_data, which gives history at any age.",
    owner: "data-edge",
    class: "read",
    input: z.object({ ticker }),
    output: z.object({
      asOf: z.string(),
      kind: z.enum(["last stored bar", "delayed", "realtime"]),
      ticker: z.string(),
      price: z.number(),
      source: z.string(),
      synthetic: z.boolean(),
    }),
    answer: async (args, context) => {
      const stored = openData();
      const history = readPriceHistory(stored, args.ticker, "daily");
      const last = lastOf(history, history.bars, "are stored");
      if (sessionsSince(stored, last, context.now) > 1) {
        throw new RefusalError({
          code: "PRICE_STALE",
          message: `the last stored bar of ${history.ticker} is of ${last.date}, older than one trading day; no newer price source is set up`,
          remedy: `use get_market_data for history up to ${last.date}`,
        });
      }
      const { source, synthetic } = history;
      return {
        data: {
          asOf: new Date(last.endUtc / 1000).toISOString(),
          kind: "last stored bar" as const,
          ticker: history.ticker,
          price: last.close,
          source,
          synthetic,
        },
        source,
        asOf: last.endUtc,
      };
    },
  });

const indicatorRequest = z.object({
  name: z.string().describe("Helper name such as sma, ema, rsi, macd, bb, atr"),
  parameters: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .default({})
    .describe('Such as {"period": 20}; defaults apply'),
});

const calculateIndicators = (openData: () => DataSource): Skill =>
  defineSkill({
    name: "calculate_indicators",
    title: "Calculate indicators",
    description: `Technical indicators of one ticker over stored bars, computed as LEAN does, with all their lines (bands, signal). Known: ${INDICATOR_CATALOGUE.map(({ name }) => name).join(", ")}.`,
    owner: "data-edge",
    class: "read",
    input: z.object({
      ticker,
      resolution,
      ...range,
      indicators: z.array(indicatorRequest).min(1).max(10),
      last: z.int().min(1).max(1000).default(30).describe("How many values from the end"),
    }),
    output: z.object({
      asOf: z.string(),
      ticker: z.string(),
      ...provenance,
      dates: z.array(z.string()),
      series: z.record(z.string(), z.array(z.number().nullable())),
    }),
    answer: async (args) => {
      const history = readPriceHistory(openData(), args.ticker, args.resolution);
      // Warm-up needs the bars before the range.
      const bars = inRange(history.bars, undefined, args.end);
      const asked = inRange(bars, args.start, undefined).slice(-args.last);
      const last = lastOf(history, asked, "in that range");
      const made = labelled(args.indicators);
      const series: Record<string, (number | null)[]> = {};
      const first = bars.length - asked.length;
      bars.forEach((bar, index) => {
        for (const { label, indicator } of made) {
          indicator.update({
            time: bar.endUtc,
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            volume: bar.volume,
          });
          if (index >= first) addValues(series, label, indicator);
        }
      });
      const { source, synthetic, notes } = history;
      const data = {
        asOf: new Date(last.endUtc / 1000).toISOString(),
        ticker: history.ticker,
        source,
        synthetic,
        notes: [...notes],
        dates: bars.slice(first).map((bar) => bar.date),
        series,
      };
      return { data, source, asOf: last.endUtc };
    },
  });

/** The same indicator asked for twice is calculated once. */
function labelled(
  requests: readonly z.infer<typeof indicatorRequest>[],
): readonly { readonly label: string; readonly indicator: Indicator }[] {
  const made = new Map<string, Indicator>();
  for (const request of requests) {
    const label = labelOf(request);
    if (!made.has(label)) made.set(label, createIndicator(request.name, request.parameters));
  }
  return [...made].map(([label, indicator]) => ({ label, indicator }));
}

function labelOf(request: z.infer<typeof indicatorRequest>): string {
  const given = Object.entries(request.parameters);
  // One parameter needs no name; several could otherwise look alike.
  const shown = given.map(([name, value]) => (given.length === 1 ? String(value) : `${name}=${value}`));
  return shown.length === 0 ? request.name : `${request.name}(${shown.join(",")})`;
}

/** A value counts from the moment its indicator is ready; before that it is null. */
function addValues(series: Record<string, (number | null)[]>, label: string, indicator: Indicator): void {
  (series[label] ??= []).push(indicator.isReady ? indicator.value : null);
  for (const [name, part] of Object.entries(indicator.parts))
    (series[`${label}.${name}`] ??= []).push(part.isReady ? part.value : null);
}

/** Data Edge: prices, history, indicators and the object store. It may never trade. */
export function dataEdge(openData: () => DataSource): Agent {
  return {
    name: "data-edge",
    skills: [getStockPrice(openData), getMarketData(openData), calculateIndicators(openData)],
    upstreamTools: new Set([
      "read_object_properties",
      "read_object_store_file_job_id",
      "read_object_store_file_download_url",
      "list_object_store_files",
      "upload_object",
      "delete_object",
      "list_projects",
      "read_project",
      "read_file",
      "search_quantconnect",
      "read_lean_versions",
    ]),
  };
}
