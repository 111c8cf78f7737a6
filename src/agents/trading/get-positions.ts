import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import type { AccountView } from "../../gateway/accounts/account-view.ts";
import { defineSkill, type Skill } from "../../gateway/skill.ts";
import { runningProjects, viewOf, type TradingParts } from "./trading-parts.ts";

const accountSchema = z.object({
  projectId: z.int(),
  deployId: z.string(),
  mode: z.string(),
  feed: z.string(),
  asOf: z.string().describe("ISO 8601 UTC"),
  feedTime: z.string().describe("Time of the prices, ISO 8601 UTC; another one than now on a replay"),
  currency: z.string(),
  equity: z.string(),
  positions: z.array(
    z.object({
      symbol: z.string(),
      quantity: z.string(),
      averagePrice: z.string(),
      price: z.string(),
      value: z.string(),
      unrealizedProfit: z.string(),
    }),
  ),
  workingOrders: z.array(
    z.object({
      orderId: z.int(),
      symbol: z.string(),
      type: z.string(),
      remaining: z.string(),
      limitPrice: z.string().nullable(),
      stopPrice: z.string().nullable(),
      tag: z.string(),
    }),
  ),
});

/** Positions and working orders of running deployments. */
export function getPositions(parts: TradingParts): Skill {
  return defineSkill({
    name: "get_positions",
    title: "Positions and working orders",
    description:
      "Positions and working orders of one running deployment, or of all. Amounts are decimal texts in the account's currency. Costs nothing.",
    owner: "execution-ops",
    class: "read",
    trading: true,
    input: z.object({ projectId: z.int().optional().describe("Only this project's deployment") }),
    output: z.object({ accounts: z.array(accountSchema) }),
    answer: async ({ projectId }) => {
      const views = await Promise.all((await runningProjects(parts, projectId)).map((one) => viewOf(parts, one)));
      const [only] = views;
      return {
        data: { accounts: views.map(accountOf) },
        source: [...new Set(views.map(({ source }) => source))].join(", ") || "nothing runs",
        ...(views.length === 0 ? {} : { asOf: Math.min(...views.map(({ asOf }) => asOf)) }),
        ...(views.length === 1 && only !== undefined ? { mode: only.mode } : {}),
      };
    },
  });
}

function accountOf(view: AccountView): z.input<typeof accountSchema> {
  return {
    projectId: view.projectId,
    deployId: view.deployId,
    mode: view.mode,
    feed: view.feed,
    asOf: isoTime(view.asOf),
    feedTime: isoTime(view.feedTime),
    currency: view.currency,
    equity: view.equity.toString(),
    positions: view.positions.map((held) => ({
      symbol: held.symbol,
      quantity: held.quantity.toString(),
      averagePrice: held.averagePrice.toString(),
      price: held.price.toString(),
      value: held.value.toString(),
      unrealizedProfit: held.unrealizedProfit.toString(),
    })),
    workingOrders: view.working.map((order) => ({
      orderId: order.orderId,
      symbol: order.symbol,
      type: order.type,
      remaining: order.remaining.toString(),
      limitPrice: order.limitPrice?.toString() ?? null,
      stopPrice: order.stopPrice?.toString() ?? null,
      tag: order.tag,
    })),
  };
}
