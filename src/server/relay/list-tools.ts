import { metaOf, type RpcRequest } from "../../domain/json-rpc.ts";
import type { UpstreamLink } from "./upstream-link.ts";

const MOST_PAGES = 100;

/**
 * Lists all tools on behalf of a request: its `_meta` says who wants to know. Ends quietly where the server does not
 * answer any more, or the signal is aborted: what was not learnt is for the server itself to judge.
 */
export async function listTools(
  link: UpstreamLink,
  { params }: RpcRequest,
  { learn, signal }: { readonly learn: (tools: readonly unknown[]) => void; readonly signal?: AbortSignal },
): Promise<void> {
  const { progressToken: _, ...meta } = metaOf(params ?? {}) ?? {};
  let cursor: unknown;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    if (signal?.aborted === true) return;
    const asked = { _meta: meta, ...(cursor === undefined ? {} : { cursor }) };
    const request: RpcRequest = { jsonrpc: "2.0", id: 0, method: "tools/list", params: asked };
    const forwarded = link.request(request, () => undefined);
    const stop = (): void => forwarded.cancel("nobody waits for the listing any more");
    signal?.addEventListener("abort", stop, { once: true });
    const outcome = await forwarded.outcome;
    signal?.removeEventListener("abort", stop);
    if (outcome.kind !== "answer" || !("result" in outcome) || !Array.isArray(outcome.result["tools"])) return;
    learn(outcome.result["tools"]);
    cursor = outcome.result["nextCursor"];
    if (typeof cursor !== "string") return;
  }
}
