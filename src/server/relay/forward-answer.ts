import { RPC_CODE } from "../../domain/json-rpc.ts";
import type { ForwardOutcome, RawAnswer } from "./relay-ports.ts";

/** What a client is told about a request that was forwarded. A refused answer of a tool is an error of the tool. */
export function answerOf(outcome: ForwardOutcome, method: string): RawAnswer {
  switch (outcome.kind) {
    case "answer":
      return outcome;
    case "cancelled":
      return { error: { code: RPC_CODE.INTERNAL_ERROR, message: "the request was cancelled" } };
    case "lost":
      return { error: { code: RPC_CODE.INTERNAL_ERROR, message: lostMessage(outcome, method) } };
    case "refused":
      if (method === "tools/call")
        return { result: { content: [{ type: "text", text: outcome.reason }], isError: true } };
      return { error: { code: RPC_CODE.INTERNAL_ERROR, message: outcome.reason } };
  }
}

function lostMessage({ reason, sent }: { readonly reason: string; readonly sent: boolean }, method: string): string {
  if (!sent) return `the server cannot be reached: ${reason}`;
  const advice =
    method === "tools/call" ? ". If the call could change something, look up what happened before you call again" : "";
  return `the server went away while it worked on ${method} (${reason}); the next request starts it again${advice}`;
}
