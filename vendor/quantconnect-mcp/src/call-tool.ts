import type { CallToolResult } from "@modelcontextprotocol/server";
import type { ApiClient, ApiReply } from "./api-client.ts";
import { businessErrorText, failureText, isBusinessError, mayHaveEffect } from "./api-failure.ts";
import { authorize, type PendingAuthorizations } from "./authorization.ts";
import type { Settings } from "./environment.ts";
import { isLimited } from "./limited-client.ts";
import { renderAnswer } from "./render-answer.ts";
import type { ResultStore } from "./result-store.ts";
import { requestBody, type Tool } from "./tool.ts";
import type { CheckedArguments } from "./tool-input.ts";
import { isUrgentCall, longestWait } from "./urgent-call.ts";

/** What all calls of one server share. */
export interface CallContext {
  readonly settings: Settings;
  readonly client: ApiClient;
  readonly results: ResultStore;
  readonly authorizations: PendingAuthorizations;
}

/** Carries out one tool call. Everything the API or the network does becomes a result, never an exception. */
export async function callTool(
  tool: Tool,
  checked: CheckedArguments,
  context: CallContext & { readonly signal: AbortSignal },
): Promise<CallToolResult> {
  const notes =
    checked.ignored.length > 0
      ? [`Ignored: ${checked.ignored.join(", ")} (no argument of ${tool.name}; it takes ${argumentNames(tool)}).`]
      : [];
  switch (tool.target.kind) {
    case "local":
      return renderAnswer({ tool: tool.name, body: tool.target.answer(), notes, isError: false }, context.results);
    case "authorization":
      return renderReply({ tool, notes, context }, await authorize(requestBody(tool, checked.args), context));
    case "api": {
      const { path, encoding, timeoutMs } = tool.target;
      const longestWaitMs = longestWait(tool.name);
      const request = {
        path,
        encoding,
        timeoutMs,
        body: requestBody(tool, checked.args),
        isUrgent: isUrgentCall(tool.name, checked.args),
        isRepeatable: tool.effects.readOnlyHint,
        ...(longestWaitMs === undefined ? {} : { longestWaitMs }),
      };
      return renderReply({ tool, notes, context }, await context.client.send(request, context.signal));
    }
  }
}

function renderReply(
  { tool, notes, context }: { tool: Tool; notes: readonly string[]; context: CallContext },
  reply: ApiReply,
): CallToolResult {
  if (reply.kind === "redirect") {
    const text = `QuantConnect answered with a redirect to another address; check QUANTCONNECT_BASE_URL (${context.settings.baseUrl}).`;
    return { content: [{ type: "text", text }], isError: true };
  }
  if (reply.kind !== "answer") {
    const changes = !tool.effects.readOnlyHint;
    const text = failureText(reply, context.settings, changes);
    return {
      content: [...notes, text].map((line) => ({ type: "text", text: line })),
      isError: true,
      // For programs: what the text says of the effect, and whether the same read may be answered later.
      _meta: {
        "quantwright/effect": changes && mayHaveEffect(reply) ? "unknown" : "none",
        ...(!changes && (reply.kind === "held-back" || isLimited(reply)) ? { "quantwright/repeat": "later" } : {}),
      },
    };
  }
  const failed = isBusinessError(reply.body);
  return renderAnswer(
    {
      tool: tool.name,
      body: reply.body,
      notes: [...(failed ? [businessErrorText(reply.body)] : []), ...notes, ...loadingNote(reply.body)],
      isError: failed,
    },
    context.results,
  );
}

/** Charts, live orders and reports may still be on their way. */
function loadingNote(body: Readonly<Record<string, unknown>>): string[] {
  if (body["generating"] === true) return ["QuantConnect is still making this report: call again in a few seconds."];
  if (body["status"] !== "loading") return [];
  const progress = typeof body["progress"] === "number" ? ` (progress ${body["progress"]})` : "";
  return [`QuantConnect is still loading this${progress}: call again in a few seconds.`];
}

function argumentNames(tool: Tool): string {
  return Object.keys(tool.input.shape).join(", ") || "none";
}
