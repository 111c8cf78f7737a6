import { z } from "zod";
import type { Chart } from "../../lean/backtest-result.ts";
import type { InsightRecord } from "../../lean/results/insight-record.ts";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, page, wholeNumber } from "../input-fields.ts";
import { businessError, type ReplyBody, reply } from "../reply.ts";
import { backtestReport } from "../report/backtest-report.ts";
import { performanceOf } from "../trades/trade-body.ts";
import { withBacktest } from "./backtest.ts";
import { chartBody, chartFields } from "./chart-body.ts";
import { orderBody } from "./order-body.ts";
import { STANDARD_CHARTS } from "./standard-charts.ts";
import { MOST_TRADES, tradePage } from "./trade-page.ts";

const MOST_ORDERS = 100;
const MOST_LOG_LINES = 200;

const one = { projectId: wholeNumber, backtestId: filledText };
const chartSchema = z.object({ ...one, ...chartFields });
const pageSchema = z.object(one).and(page(MOST_ORDERS));
const tradesSchema = z.object(one).and(page(MOST_TRADES));
const logSchema = z.object({ ...one, query: absent(z.string()) }).and(page(MOST_LOG_LINES));

const insights = endpoint(pageSchema, ({ start, end, ...ids }, context) =>
  withBacktest(ids, context, async ({ backtestId }) => {
    const all = (await context.store.backtests.part(backtestId, "insights")) ?? [];
    return reply({ insights: all.slice(start, end).map(insightBody), length: all.length });
  }),
);

export const backtestResultEndpoints: Endpoints = {
  "/backtests/chart/read": endpoint(chartSchema, ({ name, count = 0, start, end, ...ids }, context) =>
    withBacktest(ids, context, async ({ backtestId }) => {
      if (start !== undefined && end !== undefined && start > end) {
        return businessError(`Invalid argument: expected start <= end, but ${start} > ${end} came`);
      }
      const charts: Record<string, Chart> = (await context.store.backtests.part(backtestId, "charts")) ?? {};
      const chart = Object.hasOwn(charts, name) ? charts[name] : undefined;
      if (chart === undefined && !STANDARD_CHARTS.includes(name)) return businessError(`Chart not found: ${name}`);
      return reply({ chart: chartBody(chart ?? { name, series: {} }, { count, start, end }) });
    }),
  ),

  "/backtests/orders/read": endpoint(pageSchema, ({ start, end, ...ids }, context) =>
    withBacktest(ids, context, async ({ backtestId }) => {
      const orders = (await context.store.backtests.part(backtestId, "orders")) ?? [];
      return reply({ orders: orders.slice(start, end).map(orderBody), length: orders.length });
    }),
  ),

  "/backtests/trades/read": endpoint(tradesSchema, ({ start, end, ...ids }, context) =>
    withBacktest(ids, context, async ({ backtestId }) => {
      const { backtests } = context.store;
      const fills = (await backtests.part(backtestId, "fills")) ?? [];
      const orders = (await backtests.part(backtestId, "orders")) ?? [];
      return tradePage(backtestId, { fills, orders }, { start, end });
    }),
  ),

  "/backtests/read/report": endpoint(z.object(one), (input, context) =>
    withBacktest(input, context, async (backtest, project) => {
      const { backtestId, summary, state } = backtest;
      if (state === "queued" || state === "running") return reply({ generating: true });
      if (summary === undefined) return businessError(`The backtest has no result: ${backtest.error ?? "unknown"}`);
      const { backtests } = context.store;
      const fills = (await backtests.part(backtestId, "fills")) ?? [];
      const report = backtestReport({
        project,
        backtest,
        summary,
        charts: (await backtests.part(backtestId, "charts")) ?? {},
        dailyReturns: (await backtests.part(backtestId, "dailyReturns")) ?? [],
        tradeStatistics: performanceOf(fills).statistics,
      });
      return reply({ report });
    }),
  ),

  "/backtests/read/insights": insights,
  "/backtests/insights/read": insights,

  "/backtests/read/log": endpoint(logSchema, ({ start, end, query = "", ...ids }, context) =>
    withBacktest(ids, context, async ({ backtestId }) => {
      const logs = (await context.store.backtests.part(backtestId, "logs")) ?? [];
      // lean-cli sends a blank to ask for all.
      const wanted = query.trim().toLowerCase();
      const found = wanted === "" ? logs : logs.filter((line) => line.toLowerCase().includes(wanted));
      return reply({ logs: found.slice(start, end), length: found.length });
    }),
  ),
};

/** Strict clients refuse fractions in times and spans, which are seconds. */
function insightBody(insight: InsightRecord): ReplyBody {
  const { generatedTime, closeTime, period } = insight;
  return {
    ...insight,
    generatedTime: Math.round(generatedTime),
    closeTime: Math.round(closeTime),
    period: Math.round(period),
  };
}
