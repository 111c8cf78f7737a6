import type { FaultAction } from "./fault-rule.ts";

/** What really answers a request, and the means to do it badly. */
export interface FaultyParts {
  /** Does the work. */
  answer(): Promise<Response>;
  /** Distinguishes a request whose answers are remembered from others; undefined where they are not. */
  readonly key: string | undefined;
  readonly snapshots: SnapshotMemory;
  /** Cuts the connection of the request. */
  readonly drop: () => void;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly errorBody: (text: string) => string;
}

/** The last true answers of reads, by request. */
export type SnapshotMemory = Map<string, string>;

const MOST_SNAPSHOTS = 1000;
const NO_NODES =
  "There are no spare nodes available in your cluster. To launch a new backtest please stop an existing running backtest or add more compute nodes to your organization.";

/** Answers with the faults that befall the request: what refuses it comes first, then what spoils its answer. */
export async function faultyAnswer(faults: readonly FaultAction[], parts: FaultyParts): Promise<Response> {
  for (const fault of faults) if (fault.kind === "latency") await parts.wait(fault.milliseconds);
  for (const fault of faults) {
    if (fault.kind === "status")
      return jsonResponse(parts.errorBody(`Fault on demand: HTTP ${fault.status}`), fault.status);
    if (fault.kind === "node-shortage") return jsonResponse(parts.errorBody(NO_NODES), 200);
  }
  const response = await parts.answer();
  const kinds = new Set(faults.map(({ kind }) => kind));
  if (kinds.has("timeout-after-accept")) {
    parts.drop();
    return response;
  }
  if (kinds.has("truncated-body")) {
    const text = await response.text();
    return brokenResponse(text.slice(0, Math.floor(text.length / 2)));
  }
  return parts.key === undefined
    ? response
    : snapshotResponse(response, parts.key, { parts, stale: kinds.has("stale-snapshot") });
}

/** Remembers a true answer, and gives the one before it where that was asked for. */
async function snapshotResponse(
  response: Response,
  key: string,
  { parts, stale }: { readonly parts: FaultyParts; readonly stale: boolean },
): Promise<Response> {
  const text = await response.text();
  const before = parts.snapshots.get(key);
  if (parts.snapshots.size >= MOST_SNAPSHOTS) parts.snapshots.clear();
  parts.snapshots.set(key, text);
  return jsonResponse(stale ? (before ?? text) : text, response.status);
}

function jsonResponse(body: string, status: number): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

/** A body that begins and then breaks with its connection. */
function brokenResponse(begin: string): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(begin));
    },
    pull(controller) {
      controller.error(new Error("fault on demand: the connection is dropped"));
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}
