import { canonicalJson } from "../domain/canonical-json.ts";
import type { TradingMode } from "../domain/profile.ts";
import type { CallPlan, InnerCall } from "./call-plan.ts";

/**
 * What a composed call may do without asking again: exactly the inner calls of its plan, each once, in the account that
 * it was decided for. It exists only in this process, and only for as long as the composed call runs.
 */
export class Permit {
  readonly composedBy: string;
  readonly approvalId: string | undefined;
  readonly #account: string | null;
  readonly #mode: TradingMode;
  readonly #left: string[];
  readonly #reducing: ReadonlySet<string>;

  constructor(parts: {
    readonly composedBy: string;
    readonly approvalId: string | undefined;
    readonly plan: Pick<CallPlan, "account" | "mode" | "inner"> & Partial<Pick<CallPlan, "class" | "order">>;
  }) {
    this.composedBy = parts.composedBy;
    this.approvalId = parts.approvalId;
    this.#account = parts.plan.account;
    this.#mode = parts.plan.mode;
    this.#left = parts.plan.inner.map(keyOf);
    const { class: callClass, order } = parts.plan;
    this.#reducing = new Set(callClass === "reduce" && order === undefined ? this.#left : []);
  }

  /**
   * Whether a call is what its composed call takes risk away by, used up or not. An order is none, also where it only
   * reduces: while trading is halted what flattens is not an order.
   */
  reducesBy(call: InnerCall, plan: Pick<CallPlan, "account" | "mode">): boolean {
    return plan.account === this.#account && plan.mode === this.#mode && this.#reducing.has(keyOf(call));
  }

  /** Whether a call is covered, as it would be made now. It is used up by that. */
  take(call: InnerCall, plan: Pick<CallPlan, "account" | "mode">): boolean {
    // A deployment that was replaced meanwhile is not the one that somebody approved.
    if (plan.account !== this.#account || plan.mode !== this.#mode) return false;
    const at = this.#left.indexOf(keyOf(call));
    if (at < 0) return false;
    this.#left.splice(at, 1);
    return true;
  }
}

function keyOf({ tool, arguments: args }: InnerCall): string {
  return `${tool} ${canonicalJson(args)}`;
}
