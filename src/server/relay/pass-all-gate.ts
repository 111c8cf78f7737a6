import { answerOf } from "./forward-answer.ts";
import type { ToolGate } from "./relay-ports.ts";

/** Lets everything pass, for servers that the operator trusts. */
export const passAllGate: ToolGate = {
  listed: (tools) => tools,
  call: async (request) => answerOf(await request.forward(request.arguments), "tools/call"),
};
