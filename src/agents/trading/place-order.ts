import { z } from "zod";
import { Decimal } from "../../domain/decimal.ts";
import { ORDER_TYPES, orderIntentSchema, type OrderIntent } from "../../domain/order-intent.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { AccountView } from "../../gateway/accounts/account-view.ts";
import { riskSnapshot } from "../../gateway/accounts/risk-inputs.ts";
import type { CallPlan } from "../../gateway/call-plan.ts";
import { exposureOf, exposureWith, isReduction } from "../../gateway/risk/exposure.ts";
import { defineSkill, type Skill, type SkillContext } from "../../gateway/skill.ts";
import { orderCommand } from "./order-command.ts";
import { followOrder, ORDER_OUTCOMES, reservationEnd, type OrderOutcome } from "./order-outcome.ts";
import { reasonOfTwin } from "./refused-order.ts";
import { viewOf, type TradingParts } from "./trading-parts.ts";

const input = z.object({
  projectId: z.int().describe("Project whose running deployment places the order"),
  symbol: z.string().min(1).max(40).describe("Ticker, one that the algorithm trades"),
  side: z.enum(["buy", "sell"]),
  quantity: z.number().positive().max(1e9),
  type: z.enum(ORDER_TYPES).default("market"),
  limitPrice: z.number().positive().optional(),
  stopPrice: z.number().positive().optional(),
  timeInForce: z.enum(["day", "good-til-cancelled"]).optional(),
  maxNotional: z
    .number()
    .positive()
    .optional()
    .describe("Most it may cost, account currency; needed where the desk has no quotes"),
});

const resultSchema = z.looseObject({
  quantwright: z
    .looseObject({ result: z.looseObject({ success: z.boolean().nullish(), message: z.string() }).nullable() })
    .optional(),
});

const UNEXPLAINED = "the algorithm or its twin refused it: its log says why (qc_read_live_logs, of toolset full)";

/** Codes after which it is sure that no command reached an algorithm. */
const NOT_SENT = new Set(["UPSTREAM_UNAVAILABLE", "UPSTREAM_REFUSED", "HALTED", "AUDIT_UNAVAILABLE"]);

/** Places an order through a running deployment. Its outcome is looked up, never assumed. */
export function placeOrder(parts: TradingParts): Skill {
  return defineSkill({
    name: "place_order",
    title: "Place an order",
    description:
      "Sends an order to a running deployment as a live command (QuantConnect has no order endpoint), within its limits. Paper needs an operator's approval, live two; an order that only reduces a position needs none. Looks up what became of it: ACCEPTED (sent, not seen yet), SEEN (works), FILLED, CANCELLED, REFUSED or UNKNOWN (look again with get_positions before you repeat it). Give an intentId of your own, so that a repetition is refused.",
    owner: "execution-ops",
    class: "live",
    needs: ["create_live_command"],
    trading: true,
    input,
    output: z.object({
      outcome: z.enum(ORDER_OUTCOMES),
      intentKey: z.string().describe("Tag of the order"),
      orderId: z.int().nullable(),
      filled: z.number(),
      message: z.string(),
      deployId: z.string(),
      order: z.looseObject({}),
    }),
    plan: async (args, context) => {
      const view = await viewOf(parts, args.projectId);
      return orderPlan({ projectId: args.projectId, intent: intentOf(args, view, context) }, view, context);
    },
    answer: async (args, context) => {
      const { plan } = context;
      const command = plan?.inner[0];
      if (plan?.order === undefined || command === undefined || plan.mode === "none") {
        throw new Error("an order is placed by its plan only");
      }
      const { intent } = plan.order;
      const sent = await send(context, command);
      const where = { projectId: args.projectId, deployId: intent.account, key: context.intentKey };
      const why = sent.outcome === "REFUSED" && sent.message === "" ? await reasonOfTwin(context, where) : undefined;
      const seen =
        sent.outcome === "REFUSED"
          ? undefined
          : await followOrder(parts, context, {
              projectId: args.projectId,
              order: { tag: context.intentKey },
              until: ({ outcome }) => outcome !== "SEEN" || intent.type !== "market",
            });
      const outcome: OrderOutcome = seen?.outcome ?? sent.outcome;
      return {
        data: {
          outcome,
          intentKey: context.intentKey,
          orderId: seen?.orderId ?? null,
          filled: seen?.filled ?? 0,
          message: firstText(why, seen?.message, sent.message) ?? (outcome === "REFUSED" ? UNEXPLAINED : ""),
          deployId: intent.account,
          order: orderText(intent),
        },
        source: `deployment ${intent.account}`,
        mode: plan.mode,
        orderEnd: reservationEnd(outcome),
      };
    },
  });
}

function intentOf(args: z.output<typeof input>, view: AccountView, context: SkillContext): OrderIntent {
  const { symbol, side, quantity, type, limitPrice, stopPrice, timeInForce, maxNotional } = args;
  const parsed = orderIntentSchema.safeParse({
    account: view.deployId,
    symbol,
    quantity: Decimal.fromNumber(side === "buy" ? quantity : -quantity).toString(),
    type,
    ...(limitPrice === undefined ? {} : { limitPrice: Decimal.fromNumber(limitPrice).toString() }),
    ...(stopPrice === undefined ? {} : { stopPrice: Decimal.fromNumber(stopPrice).toString() }),
    ...(timeInForce === undefined ? {} : { timeInForce }),
    ...(maxNotional === undefined ? {} : { maxNotional: Decimal.fromNumber(maxNotional).toString() }),
    ...(context.intentKey === context.callId ? {} : { intentId: context.intentKey }),
  });
  if (parsed.success) return parsed.data;
  throw new RefusalError({
    code: "ARGUMENTS_INVALID",
    message: `the order does not fit: ${z.prettifyError(parsed.error)}`,
    remedy: "see the input schema of place_order",
  });
}

/** Class, account and inner call of an order; what only reduces is told apart by the account as it is now. */
function orderPlan(
  order: { readonly projectId: number; readonly intent: OrderIntent },
  view: AccountView,
  context: SkillContext,
): CallPlan {
  const { projectId, intent } = order;
  const exposure = exposureOf(exposureWith(riskSnapshot(view), []), intent.symbol);
  const onlyReduces = isReduction(exposure, intent.quantity);
  const pricedByTwin = intent.maxNotional !== undefined && !view.quotes.has(intent.symbol);
  const { command, approvedAs } = orderCommand(intent, { key: context.intentKey, now: context.now, pricedByTwin });
  const args = { projectId, command };
  const held = exposure.position;
  return {
    class: onlyReduces ? "reduce" : view.mode === "PAPER" ? "paper" : "live",
    mode: view.mode,
    account: view.deployId,
    symbols: [intent.symbol],
    order: { projectId, intent, onlyReduces, pricedByTwin },
    inner: [{ tool: "create_live_command", arguments: args, approvedAs: { projectId, command: approvedAs } }],
    artefact: null,
    lines: [
      { what: `position ${intent.symbol}`, before: held.toString(), after: held.add(intent.quantity).toString() },
      { what: "account", before: null, after: `${view.deployId}, ${view.mode}, feed ${view.feed}` },
      { what: "worth about", before: null, after: worthText(intent, view) },
      ...(intent.maxNotional === undefined
        ? []
        : [
            {
              what: "worth at most, by the twin",
              before: null,
              after: `${intent.maxNotional.toString()} ${view.currency}`,
            },
          ]),
    ],
  };
}

function worthText({ symbol, quantity }: OrderIntent, { quotes, currency }: AccountView): string {
  const quote = quotes.get(symbol);
  if (quote === undefined) return "not known: there is no quote";
  return `${quantity.abs().multiply(quote.price).multiply(quote.rate).round(2).toString()} ${currency}`;
}

function firstText(...texts: readonly (string | undefined)[]): string | undefined {
  return texts.find((text) => text !== undefined && text !== "");
}

/** Sends the command. What is not known to have failed may have had its effect. */
async function send(
  context: SkillContext,
  { tool, arguments: args }: CallPlan["inner"][number],
): Promise<{ readonly outcome: OrderOutcome; readonly message: string }> {
  try {
    const { quantwright } = resultSchema.parse(await context.upstream(tool, args));
    const result = quantwright?.result;
    // The real cloud says only that it took the command; the local one knows what the algorithm said.
    if (result === undefined || result === null) return { outcome: "ACCEPTED", message: "" };
    if (result.success !== false) return { outcome: "ACCEPTED", message: result.message };
    return { outcome: "REFUSED", message: result.message };
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    const { code, message } = error.refusal;
    return { outcome: NOT_SENT.has(code) ? "REFUSED" : "UNKNOWN", message: `${code}: ${message}` };
  }
}

function orderText(intent: OrderIntent): Record<string, string> {
  return {
    symbol: intent.symbol,
    quantity: intent.quantity.toString(),
    type: intent.type,
    ...(intent.limitPrice === undefined ? {} : { limitPrice: intent.limitPrice.toString() }),
    ...(intent.stopPrice === undefined ? {} : { stopPrice: intent.stopPrice.toString() }),
    ...(intent.maxNotional === undefined ? {} : { maxNotional: intent.maxNotional.toString() }),
  };
}
