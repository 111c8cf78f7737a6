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

  constructor(parts: {
    readonly composedBy: string;
    readonly approvalId: string | undefined;
    readonly plan: Pick<CallPlan, "account" | "mode" | "inner">;
  }) {
    this.composedBy = parts.composedBy;
    this.approvalId = parts.approvalId;
    this.#account = parts.plan.account;
    this.#mode = parts.plan.mode;
    this.#left = parts.plan.inner.map(keyOf);
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
