import type { Refusal } from "../../domain/refusal.ts";
import type { Judged } from "../judge-call.ts";
import type { PassedTool } from "../tool.ts";
import type { UpstreamCall, UpstreamOutcome } from "../upstream-port.ts";
import { laneOf } from "./start-refusal.ts";
import type { StartEnd, StartQueue } from "./start-queue.ts";

/** Sends a decided call: at once, or, where it needs a node and none is free, when its turn comes. */
export function sendCall(
  { request, callId, args, plan }: Pick<Judged, "request" | "callId" | "args" | "plan">,
  tool: Pick<PassedTool, "upstream" | "tool" | "speaks">,
  parts: {
    readonly starts: StartQueue | undefined;
    readonly call: (call: UpstreamCall) => Promise<UpstreamOutcome>;
    readonly arguments: UpstreamCall["arguments"];
    readonly deadlineMilliseconds: number;
    readonly forbidden: () => Refusal | undefined;
  },
): Promise<StartEnd> {
  const { signal, giveUp, onProgress, runId } = request;
  const send = (): Promise<UpstreamOutcome> =>
    parts.call({
      upstream: tool.upstream,
      tool: tool.tool,
      arguments: parts.arguments,
      deadlineMilliseconds: parts.deadlineMilliseconds,
      forbidden: parts.forbidden,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  if (parts.starts === undefined || tool.speaks !== "quantconnect" || laneOf(tool.tool) === undefined) return send();
  return parts.starts.run({
    upstream: tool.upstream,
    tool: tool.tool,
    callId,
    projectId: args["projectId"],
    // What trades is decided for now, and not for some time in the next hours.
    ofRun: runId !== undefined && plan.class === "compute",
    signals: [signal, giveUp].filter((one) => one !== undefined),
    send,
    forbidden: parts.forbidden,
    // The protocol wants progress that grows.
    onWaiting: (message, seconds) => onProgress?.({ progress: seconds, message }),
  });
}
