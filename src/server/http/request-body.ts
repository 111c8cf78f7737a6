import { parseJson } from "../../domain/parse-json.ts";
import { RPC_CODE } from "../../domain/json-rpc.ts";
import { httpRefusal, TRANSPORT_ERROR } from "./http-refusal.ts";

/** Reads the JSON body of a POST, or says with which response it is refused. */
export async function jsonBody(
  request: Request,
  maxBytes: number,
): Promise<{ readonly value: unknown } | { readonly refusal: Response }> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    return {
      refusal: httpRefusal(415, { code: TRANSPORT_ERROR, message: "the Content-Type must be application/json" }),
    };
  const tooLarge = (): { readonly refusal: Response } => {
    const message = `the message is too long; at most ${maxBytes} bytes are taken`;
    return { refusal: httpRefusal(413, { code: RPC_CODE.INVALID_REQUEST, message }, { connection: "close" }) };
  };
  const declared = request.headers.get("content-length");
  if (Number(declared ?? 0) > maxBytes) return tooLarge();
  // With a declared length the HTTP parser holds the client to it.
  const text = declared === null ? await limitedText(request, maxBytes) : await request.text();
  if (text === undefined) return tooLarge();
  try {
    return { value: parseJson(text) };
  } catch {
    const error = { code: RPC_CODE.PARSE_ERROR, message: "parse error: the body is not JSON" };
    return { refusal: httpRefusal(400, error) };
  }
}

async function limitedText(request: Request, maxBytes: number): Promise<string | undefined> {
  if (request.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: ReadableStream<Uint8Array> = request.body;
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    parts.push(next.value);
  }
  return Buffer.concat(parts).toString("utf8");
}
