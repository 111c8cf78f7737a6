import { z } from "zod";
import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import { Decimal } from "../../domain/decimal.ts";

/** How far the order of a reservation has come: on its way or working, lost from sight, or filled or cancelled. */
const stageSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("held") }),
  z.strictObject({ kind: z.literal("unknown") }),
  z.strictObject({ kind: z.literal("ended"), at: z.int() }),
]);

/** What became of an order: `refused` had no effect at all, `cancelled` may have filled in part. */
export type ReservationEnd = "filled" | "cancelled" | "refused" | "unknown";

/** Room that an admitted order takes until a snapshot is sure to show what it did. */
export const reservationSchema = z.strictObject({
  id: z.string(),
  account: z.string(),
  /** The intent key that goes with the order as its tag. */
  key: z.string(),
  symbol: z.string(),
  /** Signed. */
  quantity: z.string().transform((text) => Decimal.parse(text)),
  /** Account currency, the most that one unit can be worth. */
  unitValue: z.string().transform((text) => Decimal.parse(text)),
  /** Microseconds UTC. */
  at: z.int(),
  stage: stageSchema,
});

export type Reservation = Readonly<z.output<typeof reservationSchema>>;

/**
 * What is left of a reservation after an end was reported; undefined where nothing is. The first report of an end
 * stands: what was filled is not unknown again. `now` is microseconds UTC.
 */
export function ended(reservation: Reservation, end: ReservationEnd, now: number): Reservation | undefined {
  if (reservation.stage.kind === "ended") return reservation;
  if (end === "refused") return undefined;
  return { ...reservation, stage: end === "unknown" ? { kind: "unknown" } : { kind: "ended", at: now } };
}

/** Whether a snapshot is sure to show all that the order did. */
export function isShown({ stage }: Reservation, snapshot: AccountSnapshot): boolean {
  return stage.kind === "ended" && snapshot.at > stage.at;
}
