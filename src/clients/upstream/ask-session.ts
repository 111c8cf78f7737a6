import { ProtocolError, SdkError, SdkErrorCode, UnauthorizedError, type Progress } from "@modelcontextprotocol/client";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import type { ToolResult, UpstreamCall, UpstreamOutcome } from "../../gateway/upstream-port.ts";
import { isShallowAnswer, toolResultSchema } from "./upstream-answer.ts";
import { NotSentError, type UpstreamSession } from "./upstream-session.ts";

/** Progress puts a deadline off, and not for ever. */
const MOST_DEADLINES = 10;
const NOT_TAKEN_UP = [NotSentError, UnauthorizedError, RefusalError];

/** One call of a tool in one session. It does not throw. */
export async function askSession(session: UpstreamSession, call: UpstreamCall): Promise<UpstreamOutcome> {
  const { client } = session;
  const refusal = call.forbidden?.();
  if (refusal !== undefined) return { kind: "lost", sent: false, timedOut: false, reason: refusal.message, refusal };
  const onprogress = ({ progress, total, message }: Progress): void =>
    call.onProgress?.({
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    });
  try {
    const answer = await client.request(
      { method: "tools/call", params: { name: call.tool, arguments: call.arguments } },
      toolResultSchema,
      {
        timeout: call.deadlineMilliseconds,
        resetTimeoutOnProgress: true,
        maxTotalTimeout: call.deadlineMilliseconds * MOST_DEADLINES,
        // Without a listener the SDK asks for no progress, and then nothing could reset the deadline.
        onprogress,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      },
    );
    if (!isShallowAnswer(answer))
      return { kind: "lost", sent: true, timedOut: false, reason: "its answer is nested too deeply" };
    // The schema is the port's; absent members are absent, not undefined.
    return { kind: "answered", result: answer as ToolResult };
  } catch (error) {
    // The server's own word that it refuses is an answer.
    if (error instanceof ProtocolError)
      return { kind: "answered", result: { content: [{ type: "text", text: error.message }], isError: true } };
    // The SDK calls a cancelled request timed out, too.
    const cancelled = call.signal?.aborted === true;
    const timedOut = !cancelled && error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
    // Without a valid token nothing is taken up.
    const sent = !NOT_TAKEN_UP.some((kind) => error instanceof kind);
    return { kind: "lost", sent, timedOut, reason: messageOf(error) };
  }
}

/**
 * Whether a server answers within a time the cheapest request that its era of the protocol has. That it does not know
 * the request is an answer, too.
 */
export async function answersInTime({ client }: UpstreamSession, milliseconds: number): Promise<boolean> {
  const method = client.getProtocolEra() === "modern" ? "server/discover" : "ping";
  try {
    await client.request({ method }, z.looseObject({}), { timeout: milliseconds });
    return true;
  } catch (error) {
    return error instanceof ProtocolError;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
