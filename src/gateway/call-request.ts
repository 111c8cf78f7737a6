import type { Principal } from "../domain/principal.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Permit } from "./permit.ts";
import type { Toolset } from "./tool.ts";
import type { ToolResult } from "./upstream-port.ts";

/** One call of one principal to one public tool. */
export interface CallRequest {
  readonly principal: Principal;
  readonly tool: string;
  readonly arguments: unknown;
  /** The list that the caller sees; a tool outside it is unknown to it. Absent for inner calls. */
  readonly toolset?: Toolset;
  readonly parentCallId?: string;
  readonly runId?: string;
  /** A key of the caller's own that makes a second call with it refused. */
  readonly intentId?: string;
  /** The approval of exactly this call; may stand among the arguments as well, where a tool takes it there. */
  readonly approvalId?: string;
  /** Given by a composed call to its inner calls; nobody outside can make one. */
  readonly permit?: Permit;
  readonly signal?: AbortSignal;
  /** Ends a wait for a node, and nothing that is under way. */
  readonly giveUp?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  }) => void;
}

/** How a call ended. Both forms have a tool result for the caller; `refusal` says why there is no other. */
export interface CallAnswer {
  readonly callId: string;
  readonly result: ToolResult;
  readonly refusal?: Refusal;
}
