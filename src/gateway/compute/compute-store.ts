import type { ComputeLimit } from "../../domain/compute-budget.ts";
import type { ComputeUse, Money } from "../../domain/compute-use.ts";
import type { Decimal } from "../../domain/decimal.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Profile } from "../../domain/profile.ts";
import type { ComputeEstimate } from "./compute-estimate.ts";

/** What a call takes from the budget of its principal until its end is known; it counts for the day it was made on. */
export interface ComputeReservation {
  readonly callId: string;
  readonly principal: Principal;
  /** The UTC day, such as `2026-11-21`. */
  readonly day: string;
  /** When the day ends; microseconds UTC. */
  readonly renewsAt: number;
  readonly profile: Profile;
  readonly tool: string;
  readonly estimate: ComputeEstimate;
  readonly at: number;
}

/** A reservation to be committed with the intent of its call: the limit is held to in that very transaction. */
export interface ComputeWrite {
  readonly reservation: ComputeReservation;
  readonly limit: ComputeLimit;
}

/** A reservation whose call is over, or was never made, with what the ledger of trials saw of it. */
export interface EndedCompute {
  readonly callId: string;
  readonly tool: string;
  /** The estimate. */
  readonly milliseconds: number;
  readonly backtests: number;
  readonly pricePerHour: Decimal | null;
  readonly currency: string | null;
  /** Backtests of the call that began. */
  readonly began: number;
  /** From when the cloud took on its one backtest to the close of its trial, in milliseconds; null for an optimisation. */
  readonly seenMilliseconds: number | null;
}

/** Where reservations are kept. They are opened by the ledger, with the intent of their call. */
export interface ComputeStore {
  used(principal: Principal, day: string): Promise<ComputeUse>;
  /** How long the newest completed backtests of a project took, in milliseconds. */
  durations(profile: Profile, projectId: number): Promise<readonly number[]>;
  /** Notes when the cloud took a call on; microseconds UTC. */
  began(callId: string, at: number): Promise<void>;
  /** A reservation that is still held. */
  held(callId: string): Promise<Omit<EndedCompute, "began" | "seenMilliseconds"> | undefined>;
  /** Those still held whose trials have all ended. */
  ended(profile: Profile): Promise<readonly EndedCompute[]>;
  /** Puts what was really taken in the place of an estimate. Once: what is settled stays. */
  settle(callId: string, actual: { readonly milliseconds: number; readonly money: Money | null }): Promise<void>;
}
