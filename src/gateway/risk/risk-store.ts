import type { Reservation } from "./reservation.ts";
import type { RiskMode } from "./risk-mode.ts";
import type { RiskState } from "./risk-state.ts";

/** What is written together: the state of an account but for its mode, and its reservations that changed. */
export interface RiskWrite {
  readonly state: RiskState;
  readonly kept: readonly Reservation[];
  /** Ids of reservations that are no more. */
  readonly released: readonly string[];
}

/** What was read of an account at the start; `fault` says what of it, such as `unreadable` ids, is not understood. */
export interface StoredRisk {
  readonly state: RiskState;
  readonly reservations: readonly Reservation[];
  readonly unreadable: readonly string[];
  readonly fault?: string | undefined;
}

/** Where the state of the risk kernel is kept. Modes are apart, so that a halt waits for nothing else. */
export interface RiskStore {
  load(): Promise<readonly StoredRisk[]>;
  /** All of it or nothing. */
  save(write: RiskWrite): Promise<void>;
  saveMode(account: string, mode: RiskMode): Promise<void>;
}
