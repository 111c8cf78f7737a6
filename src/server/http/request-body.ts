import { parseJson } from "../../domain/parse-json.ts";
import { RPC_CODE } from "../../domain/json-rpc.ts";
import type { BodyBudget } from "./body-budget.ts";
import { httpRefusal, TRANSPORT_ERROR } from "./http-refusal.ts";

/** Reads the JSON body of a POST, or says with which response it is refused. */
export async function jsonBody(
  request: Request,
  limits: { readonly maxBytes: number; readonly budget: BodyBudget },
): Promise<{ readonly value: unknown } | { readonly refusal: Response }> {
  const { maxBytes, budget } = limits;
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
  using room = new DisposableStack();
  const hasRoom = (bytes: number): boolean => {
    const taken = budget.take(bytes);
    if (taken !== undefined) room.use(taken);
    return taken !== undefined;
  };
  // With a declared length the HTTP parser holds the client to it.
  const text = await (
    declared === null
      ? limitedText(request, maxBytes, hasRoom)
      : hasRoom(Number(declared))
        ? request.text()
        : Promise.resolve("no room")
  ).catch(() => undefined);
  if (text === undefined) {
    // Nobody is there any more to read it.
    const error = { code: RPC_CODE.PARSE_ERROR, message: "the message did not come whole" };
    return { refusal: httpRefusal(400, error, { connection: "close" }) };
  }
  if (text === "too long") return tooLarge();
  if (text === "no room") {
    const message = "too many long messages come at the same time; try again in a moment";
    const headers = { "retry-after": "1", connection: "close" };
    return { refusal: httpRefusal(503, { code: TRANSPORT_ERROR, message }, headers) };
  }
  try {
    return { value: parseJson(text) };
  } catch {
    const error = { code: RPC_CODE.PARSE_ERROR, message: "parse error: the body is not JSON" };
    return { refusal: httpRefusal(400, error) };
  }
}

/** The whole text; or `too long`, or `no room`, neither of which is JSON. */
async function limitedText(request: Request, maxBytes: number, hasRoom: (bytes: number) => boolean): Promise<string> {
  if (request.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: ReadableStream<Uint8Array> = request.body;
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const { byteLength } = next.value;
    bytes += byteLength;
    const isTooLong = bytes > maxBytes;
    if (isTooLong || !hasRoom(byteLength)) {
      await reader.cancel();
      return isTooLong ? "too long" : "no room";
    }
    parts.push(next.value);
  }
  return Buffer.concat(parts).toString("utf8");
}
