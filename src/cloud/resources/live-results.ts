import { z } from "zod";
import type { Chart } from "../../lean/backtest-result.ts";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, page, wholeNumber } from "../input-fields.ts";
import type { LivePoint } from "../live/live-store-port.ts";
import { businessError, reply } from "../reply.ts";
import { recordFills } from "../trades/record-fills.ts";
import { chartBody, chartFields } from "./chart-body.ts";
import { withDeployment } from "./found-deployment.ts";
import { LIVE_CHARTS } from "./live-body.ts";
import { orderBody } from "./order-body.ts";
import { MOST_TRADES, tradePage } from "./trade-page.ts";

const MOST_ORDERS = 1000;
const MOST_INSIGHTS = 1000;
const MOST_LOG_LINES = 250;

const one = { projectId: wholeNumber };
const chartSchema = z.object({ ...one, ...chartFields });
const ordersSchema = z.object(one).and(page(MOST_ORDERS));
const tradesSchema = z.object(one).and(page(MOST_TRADES));
const insightsSchema = z
  .object({ ...one, start: absent(wholeNumber), end: wholeNumber })
  .transform(({ start = 0, ...rest }) => ({ ...rest, start }))
  .refine(({ start, end }) => start >= 0 && end > start && end - start <= MOST_INSIGHTS, {
    message: `expected 0 <= start < end and at most ${MOST_INSIGHTS} entries`,
  });
const logsSchema = z
  .object({
    ...one,
    algorithmId: filledText,
    startLine: wholeNumber,
    endLine: wholeNumber,
    query: absent(z.string()),
  })
  .refine(({ startLine, endLine }) => startLine >= 0 && endLine > startLine && endLine - startLine <= MOST_LOG_LINES, {
    message: `expected 0 <= startLine < endLine and at most ${MOST_LOG_LINES} lines`,
  });

export const liveResultEndpoints: Endpoints = {
  "/live/portfolio/read": endpoint(z.object(one), (input, context) =>
    withDeployment(input, context, async (deployment) => {
      const portfolio = await context.live.portfolio(deployment);
      if (portfolio === undefined) return businessError(`Nothing is kept of ${deployment.deployId}`);
      const holdings = portfolio.positions
        .filter(({ quantity }) => quantity !== 0)
        .map(({ symbolId, averagePrice, quantity, price, value, unrealizedProfit, unrealizedPercent }): Entry => [
          symbolId,
          { a: averagePrice, q: quantity, p: price, v: value, u: unrealizedProfit, up: unrealizedPercent },
        ]);
      const cash = portfolio.cash.map(({ currency, amount, rate }): Entry => [
        currency,
        {
          symbol: currency,
          amount,
          conversionRate: rate,
          currencySymbol: currency === "USD" ? "$" : currency,
          valueInAccountCurrency: amount * rate,
          securitySymbols: [],
        },
      ]);
      const body: Record<string, unknown> = { holdings: Object.fromEntries(holdings), cash: Object.fromEntries(cash) };
      return reply({ portfolio: body });
    }),
  ),

  "/live/chart/read": endpoint(chartSchema, ({ projectId, name, count = 0, start, end }, context) =>
    withDeployment({ projectId }, context, async ({ deployId }) => {
      if (start !== undefined && end !== undefined && start > end) {
        return businessError(`Invalid argument: expected start <= end, but ${start} > ${end} came`);
      }
      const range = { start: start ?? 0, end: end ?? Number.MAX_SAFE_INTEGER };
      const points = await context.live.store.chart(deployId, name, range);
      if (points === undefined && !LIVE_CHARTS.includes(name)) return businessError(`Chart not found: ${name}`);
      return reply({ chart: chartBody(chartOf(name, points ?? []), { count, start, end }) });
    }),
  ),

  "/live/orders/read": endpoint(ordersSchema, (input, context) =>
    withDeployment({ projectId: input.projectId }, context, async ({ deployId }) => {
      const { items, length } = await context.live.store.orders(deployId, input);
      return reply({ orders: items.map(orderBody), length });
    }),
  ),

  "/live/trades/read": endpoint(tradesSchema, ({ projectId, ...range }, context) =>
    withDeployment({ projectId }, context, async ({ deployId }) => {
      const { items: orders } = await context.live.store.orders(deployId, { start: 0, end: Number.MAX_SAFE_INTEGER });
      return tradePage(deployId, { fills: recordFills(orders), orders }, range);
    }),
  ),

  "/live/insights/read": endpoint(insightsSchema, (input, context) =>
    withDeployment({ projectId: input.projectId }, context, async ({ deployId }) => {
      const { items, length } = await context.live.store.insights(deployId, input);
      return reply({ insights: items, length });
    }),
  ),

  "/live/logs/read": endpoint(logsSchema, ({ projectId, algorithmId, startLine, endLine, query }, context) =>
    withDeployment({ projectId, deployId: algorithmId }, context, async ({ deployId }) => {
      const range = { start: startLine, end: endLine, ...(query === undefined ? {} : { query }) };
      const { items, length } = await context.live.store.logs(deployId, range);
      return reply({ logs: items, length, deploymentOffset: 0 });
    }),
  ),
};

type Entry = readonly [string, unknown];

function chartOf(name: string, points: readonly LivePoint[]): Chart {
  const series: Chart["series"] = {};
  for (const { series: key, unit, index, seriesType, values } of points) {
    const entry = (series[key] ??= { name: key, unit, index, seriesType, values: [] });
    entry.values.push([...values]);
  }
  return { name, series };
}
