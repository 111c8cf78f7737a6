/**
 * How far a halt of one account has come. `BLOCKED`: nothing new passes the gate. `FLATTENING` waits for the market.
 * Times are microseconds UTC.
 */
export type HaltState =
  | { readonly kind: "BLOCKED" }
  | { readonly kind: "ORDERS_CANCELLED" }
  | { readonly kind: "FLATTENING"; readonly positions: number; readonly nextOpen: number | null }
  | { readonly kind: "FLAT" }
  | { readonly kind: "UNCONFIRMED"; readonly ageSeconds: number; readonly reason: string };

/** What was seen of an account after it was halted; undefined counts are not known. */
export interface HaltSighting {
  readonly workingOrders: number;
  readonly positions: number;
  /** When the market of the first position opens next, where that is known. */
  readonly nextOpen: number | null;
  readonly ageSeconds: number;
}

/** What comes next: a look at the account, or that none could be had. */
export type HaltEvent =
  | { readonly kind: "seen"; readonly sighting: HaltSighting; readonly flatten: boolean }
  | { readonly kind: "unseen"; readonly ageSeconds: number; readonly reason: string };

/** A look that is older than this proves nothing. */
const FRESH_SECONDS = 60;

/** The state after a look. Only the last one counts: an account can stop being flat. */
export function haltStateAfter(event: HaltEvent): HaltState {
  if (event.kind === "unseen") {
    return { kind: "UNCONFIRMED", ageSeconds: event.ageSeconds, reason: event.reason };
  }
  const { workingOrders, positions, nextOpen, ageSeconds } = event.sighting;
  if (ageSeconds > FRESH_SECONDS) {
    return { kind: "UNCONFIRMED", ageSeconds, reason: "what is known of the account is too old" };
  }
  if (workingOrders === 0 && positions === 0) return { kind: "FLAT" };
  if (event.flatten) return { kind: "FLATTENING", positions, nextOpen };
  return workingOrders === 0 ? { kind: "ORDERS_CANCELLED" } : { kind: "BLOCKED" };
}

/** Whether a halt has reached what was asked for. */
export function isConfirmed(state: HaltState, flatten: boolean): boolean {
  return state.kind === "FLAT" || (!flatten && state.kind === "ORDERS_CANCELLED");
}

/** A state in a few words. */
export function haltText(state: HaltState): string {
  switch (state.kind) {
    case "FLATTENING": {
      const open = state.nextOpen === null ? "" : `, next open ${new Date(state.nextOpen / 1000).toISOString()}`;
      return `FLATTENING (${state.positions} ${state.positions === 1 ? "position" : "positions"}${open})`;
    }
    case "UNCONFIRMED":
      return `UNCONFIRMED (${Math.round(state.ageSeconds)} s old): ${state.reason}`;
    case "BLOCKED":
    case "ORDERS_CANCELLED":
    case "FLAT":
      return state.kind;
  }
}
