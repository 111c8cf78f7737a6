import type { ApprovalView } from "../domain/approval.ts";
import type { CallClass } from "../domain/call-class.ts";
import type { OrderIntent } from "../domain/order-intent.ts";
import type { TradingMode } from "../domain/profile.ts";

/** A call of an upstream's tool that a composed call will make, exactly so. */
export interface InnerCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What an approval is bound to in place of the arguments, where these carry a key or a time that is new each time. */
  readonly approvedAs?: unknown;
}

/** An order that a call would place, and the project whose deployment would trade. */
export interface PlannedOrder {
  readonly projectId: number;
  readonly intent: OrderIntent;
  /** It was planned as one that only reduces, and must still be one when room is taken for it. */
  readonly onlyReduces: boolean;
  /** There was no quote: the twin prices it, and the limits reckon with the bound that it carries. */
  readonly pricedByTwin: boolean;
}

/**
 * What a call would do, found out by reading only, anew each time it is asked for. Policy, risk limits and approvals
 * judge this; the approver sees its lines.
 */
export interface CallPlan {
  readonly class: CallClass;
  readonly mode: TradingMode;
  /** The deployment or brokerage account that is touched; null where none is. */
  readonly account: string | null;
  readonly symbols: readonly string[];
  readonly order?: PlannedOrder;
  /**
   * The calls of class `compute` that a composed call will make, as far as their cost depends on them. The budget is
   * looked at for them beforehand; each takes its room itself, so nothing counts twice.
   */
  readonly computes?: readonly InnerCall[];
  /** The inner calls that an approval of this call covers. */
  readonly inner: readonly InnerCall[];
  /** Hash of what would run. */
  readonly artefact: string | null;
  readonly lines: ApprovalView["lines"];
}

/** The plan of a call that is what its class says, and nothing more. */
export function plainPlan(callClass: CallClass): CallPlan {
  return { class: callClass, mode: "none", account: null, symbols: [], inner: [], artefact: null, lines: [] };
}
