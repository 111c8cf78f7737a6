import type { CallClass } from "../domain/call-class.ts";
import type { Refusal } from "../domain/refusal.ts";
import { mayRepeat } from "./answer-body.ts";
import type { PassedTool } from "./tool.ts";
import type { ToolResult, UpstreamOutcome } from "./upstream-port.ts";

export const CANCELLED: Refusal = { code: "CANCELLED", message: "the caller cancelled the call" };

/**
 * What a call without an answer is told as: not sent, a read that may be asked again, or an outcome that nobody knows
 * and that must be looked up.
 */
export function lostRefusal(
  call: { readonly tool: PassedTool; readonly class: CallClass; readonly cancelled: boolean },
  outcome: Extract<UpstreamOutcome, { kind: "lost" }>,
  parts: { readonly mask: (text: string) => string; readonly deadlineMilliseconds: number },
): Refusal {
  const { tool, cancelled } = call;
  const reason = parts.mask(outcome.reason);
  if (cancelled && (!outcome.sent || call.class === "read")) return CANCELLED;
  if (!outcome.sent)
    return {
      code: "UPSTREAM_UNAVAILABLE",
      message: `${tool.upstream} is not reachable: ${reason}`,
      remedy: "see `quantwright upstream list`; the call was not sent",
      retryable: true,
    };
  const how = outcome.timedOut
    ? `did not answer within ${parts.deadlineMilliseconds / 1000} s`
    : `gave no answer: ${reason}`;
  if (call.class === "read")
    return {
      code: outcome.timedOut ? "DEADLINE_EXCEEDED" : "UPSTREAM_LOST",
      message: `${tool.tool} ${how}`,
      remedy: "ask again",
      retryable: true,
    };
  return unknownOutcome(tool.tool, how);
}

/** The refusal of an inner call that its upstream answered with an error. */
export function upstreamRefusal(tool: string, result: ToolResult, error: string): Refusal {
  const message = `${tool}: ${error}`;
  if (!mayRepeat(result)) return { code: "UPSTREAM_REFUSED", message };
  return { code: "RATE_LIMITED", message, remedy: "ask again in a minute", retryable: true };
}

/** The refusal of a call that was sent and that nobody knows the effect of. */
export function unknownOutcome(tool: string, how: string): Refusal {
  return {
    code: "OUTCOME_UNKNOWN",
    message: `${tool} was sent and ${how}; it may have had its effect`,
    remedy: "look up what happened (list or read what it would have made) before you ask again",
  };
}
