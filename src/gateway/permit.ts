import { canonicalJson } from "../domain/canonical-json.ts";
import type { InnerCall } from "./call-plan.ts";

/**
 * What a composed call may do without asking again: exactly the inner calls of its plan, each once. It exists only in
 * this process, and only for as long as the composed call runs.
 */
export class Permit {
  readonly composedBy: string;
  readonly approvalId: string | undefined;
  readonly #left: string[];

  constructor(parts: {
    readonly composedBy: string;
    readonly approvalId: string | undefined;
    readonly inner: readonly InnerCall[];
  }) {
    this.composedBy = parts.composedBy;
    this.approvalId = parts.approvalId;
    this.#left = parts.inner.map(keyOf);
  }

  /** Whether a call is covered. It is used up by that. */
  take(call: InnerCall): boolean {
    const at = this.#left.indexOf(keyOf(call));
    if (at < 0) return false;
    this.#left.splice(at, 1);
    return true;
  }
}

function keyOf({ tool, arguments: args }: InnerCall): string {
  return `${tool} ${canonicalJson(args)}`;
}
