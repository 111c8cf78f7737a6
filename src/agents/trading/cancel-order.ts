import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import type { AccountView, WorkingOrder } from "../../gateway/accounts/account-view.ts";
import { defineSkill, type Skill } from "../../gateway/skill.ts";
import { followOrder, ORDER_OUTCOMES, type OrderOutcome } from "./order-outcome.ts";
import { viewOf, type TradingParts } from "./trading-parts.ts";

/** Cancels a working order of a running deployment. */
export function cancelOrder(parts: TradingParts): Skill {
  return defineSkill({
    name: "cancel_order",
    title: "Cancel an order",
    description:
      "Asks a running deployment to cancel a working order, by its orderId (see get_positions). Cancelling an order that would open or enlarge a position needs no approval; one that protects a position does. Looks up what became of it.",
    owner: "execution-ops",
    class: "live",
    needs: ["create_live_command"],
    trading: true,
    input: z.object({
      projectId: z.int().describe("Project of the deployment"),
      orderId: z.int().positive(),
    }),
    output: z.object({
      outcome: z.enum(ORDER_OUTCOMES),
      orderId: z.int(),
      symbol: z.string(),
      remaining: z.string(),
      deployId: z.string(),
    }),
    plan: async ({ projectId, orderId }) => {
      const view = await viewOf(parts, projectId);
      const order = workingOrder(view, orderId);
      return {
        class: isProtective(order, view) ? (view.mode === "PAPER" ? "paper" : "live") : "reduce",
        mode: view.mode,
        account: view.deployId,
        symbols: [order.symbol],
        inner: [
          {
            tool: "create_live_command",
            arguments: { projectId, command: { $type: "CancelOrderCommand", OrderId: orderId } },
          },
        ],
        artefact: null,
        lines: [
          {
            what: `working order ${orderId}`,
            before: `${order.remaining.toString()} ${order.symbol}, ${order.type}`,
            after: "cancelled",
          },
        ],
      };
    },
    answer: async ({ projectId, orderId }, context) => {
      const { plan } = context;
      const command = plan?.inner[0];
      if (plan === undefined || command === undefined) throw new Error("an order is cancelled by its plan only");
      const before = workingOrder(await viewOf(parts, projectId), orderId);
      let outcome: OrderOutcome = "ACCEPTED";
      try {
        await context.upstream(command.tool, command.arguments);
      } catch (error) {
        if (!(error instanceof RefusalError) || error.refusal.code !== "OUTCOME_UNKNOWN") throw error;
        outcome = "UNKNOWN";
      }
      const seen = await followOrder(parts, context, {
        projectId,
        order: { orderId },
        until: (order) => order.outcome !== "SEEN",
      });
      return {
        data: {
          outcome: seen === undefined || seen.outcome === "SEEN" ? outcome : seen.outcome,
          orderId,
          symbol: before.symbol,
          remaining: before.remaining.toString(),
          deployId: plan.account ?? "",
        },
        source: `deployment ${plan.account ?? ""}`,
        mode: plan.mode,
      };
    },
  });
}

/** @throws RefusalError `ORDER_NOT_WORKING`, with those that work. */
function workingOrder({ working }: AccountView, orderId: number): WorkingOrder {
  const order = working.find((one) => one.orderId === orderId);
  if (order !== undefined) return order;
  const known = working.slice(0, 10).map((one) => `${one.orderId} (${one.remaining.toString()} ${one.symbol})`);
  throw new RefusalError({
    code: "ORDER_NOT_WORKING",
    message: `order ${orderId} does not work: it has ended, or there is none such`,
    remedy: known.length === 0 ? "no order works now" : `working are ${known.join(", ")}`,
  });
}

/** An order against a position closes it when it fills: without it, more is at risk. */
function isProtective({ symbol, remaining }: WorkingOrder, { positions }: AccountView): boolean {
  return positions.some((held) => held.symbol === symbol && held.quantity.sign * remaining.sign < 0);
}
