import { z } from "zod";
import type { ReservationEnd } from "../../gateway/risk/reservation.ts";
import type { SkillContext } from "../../gateway/skill.ts";
import type { TradingParts } from "./trading-parts.ts";

/** How far an order has come, as far as anybody could see. */
export const ORDER_OUTCOMES = ["ACCEPTED", "SEEN", "FILLED", "CANCELLED", "REFUSED", "UNKNOWN"] as const;

export type OrderOutcome = (typeof ORDER_OUTCOMES)[number];

/** An order as the account lists it. */
export interface SeenOrder {
  readonly orderId: number;
  readonly outcome: OrderOutcome;
  readonly filled: number;
  readonly message: string;
}

const PAGE = 1000;
const LOOKS = 20;
const LONGEST_LOOK_MILLISECONDS = 6000;
/** LEAN's `OrderStatus` by number. */
const STATUS: Readonly<Record<number, OrderOutcome>> = { 3: "FILLED", 5: "CANCELLED", 7: "REFUSED" };

const ordersSchema = z.looseObject({
  length: z.int().optional(),
  orders: z.array(
    z.looseObject({
      id: z.int(),
      status: z.int(),
      tag: z.string().nullish(),
      events: z.array(z.looseObject({ fillQuantity: z.number().nullish(), message: z.string().nullish() })).nullish(),
    }),
  ),
});

/** What an order is found by: the tag that it was sent with, or its id. */
export type OrderName = { readonly tag: string } | { readonly orderId: number };

/** An order among all of a deployment; undefined where there is none such. */
export async function findOrder(
  context: Pick<SkillContext, "upstream">,
  projectId: number,
  name: OrderName,
): Promise<SeenOrder | undefined> {
  for (let start = 0; ; start += PAGE) {
    const { orders, length = 0 } = ordersSchema.parse(
      await context.upstream("read_live_orders", { projectId, start, end: start + PAGE }, { evenIfCancelled: true }),
    );
    const found = orders.find((order) => ("tag" in name ? order.tag === name.tag : order.id === name.orderId));
    if (found !== undefined) {
      const events = found.events ?? [];
      return {
        orderId: found.id,
        outcome: STATUS[found.status] ?? "SEEN",
        filled: events.reduce((sum, { fillQuantity }) => sum + (fillQuantity ?? 0), 0),
        message: events.at(-1)?.message ?? "",
      };
    }
    if (orders.length === 0 || start + PAGE >= length) return undefined;
  }
}

/**
 * Looks for an order until it has ended, or for six seconds. Undefined where nothing was seen; a look that fails is not
 * one that found nothing, and is made again.
 */
export async function followOrder(
  parts: TradingParts,
  context: Pick<SkillContext, "upstream">,
  wanted: { readonly projectId: number; readonly order: OrderName; readonly until: (seen: SeenOrder) => boolean },
): Promise<SeenOrder | undefined> {
  let seen: SeenOrder | undefined;
  const looks = Math.min(LOOKS, Math.max(2, Math.floor(LONGEST_LOOK_MILLISECONDS / parts.pollMilliseconds)));
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await parts.wait(parts.pollMilliseconds);
    seen = (await findOrder(context, wanted.projectId, wanted.order).catch(() => undefined)) ?? seen;
    if (seen !== undefined && wanted.until(seen)) return seen;
  }
  return seen;
}

/** What an outcome means for the room that the order took. An order that is listed is counted by the account itself. */
export function reservationEnd(outcome: OrderOutcome): ReservationEnd {
  switch (outcome) {
    case "REFUSED":
      return "refused";
    case "FILLED":
    case "SEEN":
      return "filled";
    case "CANCELLED":
      return "cancelled";
    case "ACCEPTED":
    case "UNKNOWN":
      return "unknown";
  }
}
