import type { Refusal } from "../domain/refusal.ts";

/** A tool as an upstream lists it. Schemas are JSON Schema, untouched. */
export interface UpstreamTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** A tool result as the upstream gave it; content blocks are passed on as they are. */
export interface ToolResult {
  readonly content: readonly Readonly<Record<string, unknown>>[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/**
 * How a call to an upstream ended. `lost` means that no answer came: with `sent` it may have had an effect, which
 * must be looked up before anyone tries again.
 */
export type UpstreamOutcome =
  | {
      readonly kind: "answered";
      readonly result: ToolResult;
      /** Of an answer that was kept from an earlier read; absent where it came just now. */
      readonly ageSeconds?: number;
      /** Of a read that several upstreams can answer. */
      readonly routed?: RoutedAnswer;
    }
  | {
      readonly kind: "lost";
      readonly sent: boolean;
      readonly reason: string;
      readonly timedOut: boolean;
      /** Why nobody was asked, where that is not the fault of an upstream. */
      readonly refusal?: Refusal;
    };

/** One upstream that was asked, and how that ended. */
export interface RouteAttempt {
  readonly upstream: string;
  readonly end: string;
}

/** Who answered a read that several upstreams can answer. */
export interface RoutedAnswer {
  readonly by: string;
  /** Those that would have come first; empty where nobody had to step in. */
  readonly insteadOf: readonly string[];
  readonly attempts: readonly RouteAttempt[];
}

export interface UpstreamCall {
  readonly upstream: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly deadlineMilliseconds: number;
  readonly signal?: AbortSignal;
  /** Why it may not be made any more; asked right before it is sent, because a server may have to be waited for. */
  readonly forbidden?: () => Refusal | undefined;
  readonly onProgress?: (progress: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  }) => void;
}

export interface UpstreamStatus {
  readonly name: string;
  /** `unhealthy` from too many unanswered health checks until its next answer, whatever is done about it. */
  readonly state: "starting" | "ready" | "waiting" | "stopped" | "unhealthy";
  readonly pid: number | null;
  readonly restarts: number;
  readonly tools: number;
  readonly lastError: string | null;
  /** Where several instances serve one upstream; each for itself. */
  readonly instances?: readonly Omit<UpstreamStatus, "name" | "instances">[];
}

/** The MCP servers that the gateway is a client of. */
export interface Upstreams {
  tools(upstream: string): Promise<readonly UpstreamTool[]>;
  call(call: UpstreamCall): Promise<UpstreamOutcome>;
  /** The text of a resource, for answers too long for one result. */
  readResource(upstream: string, uri: string): Promise<string>;
  status(): readonly UpstreamStatus[];
  restart(upstream: string): Promise<boolean>;
  /** Called after an upstream's tools were listed again. */
  onToolsChanged(listener: (upstream: string) => void): () => void;
}
