import type { Readable, Writable } from "node:stream";
import { JsonLineReader } from "../../domain/json-lines.ts";
import { RPC_CODE, type JsonObject, type RpcRequest } from "../../domain/json-rpc.ts";
import { RelaySession } from "./relay-session.ts";
import type { OpenUpstream, ToolGate } from "./relay-ports.ts";

export interface StdioRelayOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly open: OpenUpstream;
  readonly gate: ToolGate;
  /** The longest message that a client may send, in bytes. */
  readonly maxRequestBytes: number;
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** Ends the relay as if the client's input had ended. */
  readonly stop: AbortSignal;
  /** The result of a handshake that nobody answers; with it the server is looked for until it is there. */
  readonly standIn?: (handshake: RpcRequest) => JsonObject;
}

/** Serves one client over lines of JSON until its input ends. Nothing but frames goes to the output. */
export async function serveStdioRelay(options: StdioRelayOptions): Promise<void> {
  const { input, output, stop } = options;
  const ended = Promise.withResolvers<void>();
  const session = new RelaySession({
    id: "stdio",
    open: options.open,
    gate: options.gate,
    now: options.now,
    log: options.log,
    standIn: options.standIn,
    client: { send: (message) => output.write(`${JSON.stringify(message)}\n`) },
    onFlow: (flowing) => void (flowing ? input.resume() : input.pause()),
  });
  const lines = new JsonLineReader(options.maxRequestBytes, {
    onValue: (value) => session.receive(value),
    onGarbage: () => session.refuse(null, RPC_CODE.PARSE_ERROR, "parse error: a line of JSON was expected"),
    onTooLong: ({ id, isRequest, bytes }) => {
      if (isRequest && id !== undefined) session.refuse(id, RPC_CODE.INVALID_REQUEST, tooLong(bytes, options));
      else session.refuse(null, RPC_CODE.INVALID_REQUEST, tooLong(bytes, options));
    },
  });
  const finish = (): void => ended.resolve();
  output.on("drain", () => session.resume());
  output.once("error", finish);
  input.on("data", (chunk: Buffer) => lines.push(chunk));
  input.once("end", finish).once("close", finish).once("error", finish);
  stop.addEventListener("abort", finish, { once: true });
  if (stop.aborted) finish();
  await ended.promise;
  input.pause();
  await session.close();
}

function tooLong(bytes: number, { maxRequestBytes }: StdioRelayOptions): string {
  return `the message has ${bytes} bytes; at most ${maxRequestBytes} are taken`;
}
