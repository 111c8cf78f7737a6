import type { DeploymentMode } from "../domain/profile.ts";
import type { Outcome, Refusal } from "../domain/refusal.ts";
import type { PlannedOrder } from "./call-plan.ts";
import type { LedgerCommit } from "./ledger-port.ts";
import type { ReservationEnd } from "./risk/reservation.ts";

/** An order that passed the limits, with the number of its intent in the audit log. */
export interface AdmittedOrder {
  readonly reservationId: string;
  readonly seq: number;
}

/** An order with the account that it trades in and the key that it is found again by. */
export type KeyedOrder = PlannedOrder & { readonly mode: DeploymentMode; readonly key: string };

/** The risk kernel as the gateway uses it. */
export interface RiskGate {
  /**
   * Decides about an order and commits its reservation with the intent of its call, both under the account's lock: two
   * orders at once cannot both take the same room.
   */
  admit(
    order: KeyedOrder & { readonly signal?: AbortSignal },
    commit: (rows: LedgerCommit["risk"]) => Promise<number>,
  ): Promise<Outcome<AdmittedOrder>>;
  /**
   * Whether an order would pass now, before anybody is asked to approve it. One that would not is refused and counted.
   */
  preview(order: KeyedOrder): Promise<Outcome<true>>;
  /** What the limits would say to an order now; nothing is reserved, and it does not count as one. */
  explain(order: KeyedOrder): Promise<{ readonly ok: boolean; readonly refusals: readonly Refusal[] }>;
  /** What became of an admitted order. `unknown` keeps its room until it was looked up. */
  settle(account: string, reservationId: string, end: ReservationEnd): Promise<void>;
}
