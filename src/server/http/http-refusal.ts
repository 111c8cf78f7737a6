import { errorMessage, type RpcId } from "../../domain/json-rpc.ts";

/** An HTTP refusal in the words of JSON-RPC. */
export function httpRefusal(
  status: number,
  error: { readonly code: number; readonly message: string; readonly id?: RpcId | null; readonly data?: unknown },
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(errorMessage(error.id ?? null, error.code, error.message, error.data)), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Refusals of the transport itself have no code of their own in the protocol. */
export const TRANSPORT_ERROR = -32000;
export const SESSION_UNKNOWN = -32001;
