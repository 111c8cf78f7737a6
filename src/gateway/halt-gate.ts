import type { CallClass } from "../domain/call-class.ts";
import type { Refusal } from "../domain/refusal.ts";

/** That trading is stopped: since when (microseconds UTC), by whom, why. */
export interface HaltNotice {
  readonly haltId: string;
  /** `desk`, or the account. */
  readonly target: string;
  readonly since: number;
  readonly by: string;
  readonly reason: string;
}

/** The latch and the file that close the gate. Asked twice for each call: when it is decided, and right before it is sent. */
export interface HaltGate {
  /** A notice for everything, or for this account; undefined while trading is open. What cannot be read is closed. */
  closed(account: string | null): HaltNotice | undefined;
  /** A notice for any one account: what reaches all of them reaches it too. */
  anyAccount?(): HaltNotice | undefined;
}

/** Commands to all deployments of an organisation at once. */
const REACHES_ALL = /(?:^|_)broadcast_live_command$/;

const CLOSED_CLASSES: ReadonlySet<CallClass> = new Set(["paper", "live"]);

/** Why a call may not be made while the gate is closed; undefined where it may. Reducing is never stopped. */
export function haltRefusal(
  gate: HaltGate,
  call: { readonly class: CallClass; readonly account: string | null; readonly tool: string },
): Refusal | undefined {
  if (!CLOSED_CLASSES.has(call.class)) return undefined;
  const notice = gate.closed(call.account) ?? (REACHES_ALL.test(call.tool) ? gate.anyAccount?.() : undefined);
  if (notice === undefined) return undefined;
  return {
    code: "HALTED",
    message: `${call.tool} is not done: trading is halted for ${notice.target} by ${notice.by} (${notice.reason})`,
    remedy: "reading, cancelling and liquidating still work; an operator re-arms with `quantwright rearm`",
  };
}
