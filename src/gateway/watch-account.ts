import { MICROSECONDS_PER_SECOND } from "../domain/clock.ts";
import type { Decimal } from "../domain/decimal.ts";
import type { Limits } from "../domain/limits.ts";
import type { AccountView } from "./accounts/account-view.ts";
import { riskSnapshot } from "./accounts/risk-inputs.ts";
import type { Reservation, ReservationEnd } from "./risk/reservation.ts";
import type { RiskBook } from "./risk/risk-book.ts";
import type { RiskMode } from "./risk/risk-mode.ts";

export interface AccountWatchParts {
  readonly book: Pick<RiskBook, "observe" | "tradeClosed" | "reservationsOf" | "settle">;
  readonly limits: Limits;
  /** How an order ended that went out under a key: undefined where none is known, or it still works. */
  readonly orderEnd: (projectId: number, key: string) => Promise<ReservationEnd | undefined>;
  /** Microseconds UTC. */
  readonly now: number;
}

/** A call that placed an order has told what became of it by then. */
const STILL_CALLING = 60 * MICROSECONDS_PER_SECOND;
/** A command that was not taken by then never will be: it has expired. */
const EXPIRED = 180 * MICROSECONDS_PER_SECOND;

/**
 * Looks after one account: losses that latch, trades that closed, and orders that nobody knew the end of.
 * @param realized profits by symbol as they were seen last; gives them as they are now.
 */
export async function watchAccount(
  view: AccountView,
  realized: ReadonlyMap<string, Decimal>,
  parts: AccountWatchParts,
): Promise<{ readonly mode: RiskMode; readonly realized: ReadonlyMap<string, Decimal> }> {
  const { book, limits, now } = parts;
  const account = view.deployId;
  const mode = await book.observe(account, riskSnapshot(view), limits);
  for (const [symbol, profit] of view.realized) {
    const before = realized.get(symbol);
    if (before === undefined || before.equals(profit)) continue;
    await book.tradeClosed(account, {
      id: `${symbol} ${profit.toString()}`,
      profit: profit.subtract(before),
      at: now,
    });
  }
  for (const reservation of book.reservationsOf(account)) {
    const end = await endOf(reservation, view, parts);
    if (end !== undefined) await book.settle(account, reservation.id, end);
  }
  return { mode, realized: view.realized };
}

/** What became of an order that is still counted; undefined where it must go on being counted. */
async function endOf(
  reservation: Reservation,
  view: AccountView,
  { orderEnd, now }: AccountWatchParts,
): Promise<ReservationEnd | undefined> {
  if (reservation.stage.kind === "ended") return undefined;
  const age = now - reservation.at;
  if (reservation.stage.kind === "held" && age < STILL_CALLING) return undefined;
  // An order that the account itself lists needs no room of its own.
  if (view.working.some(({ tag }) => tag === reservation.key)) return "filled";
  const end = await orderEnd(view.projectId, reservation.key);
  if (end !== undefined) return end;
  return age > EXPIRED && view.asOf - reservation.at > EXPIRED ? "refused" : undefined;
}
