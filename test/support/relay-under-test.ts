import { fileURLToPath } from "node:url";
import { z } from "zod";
import { openChildChannel } from "../../src/clients/relay/child-channel.ts";
import { parseJson } from "../../src/domain/parse-json.ts";
import { passAllGate } from "../../src/server/relay/pass-all-gate.ts";
import type { OpenUpstream, ToolGate } from "../../src/server/relay/relay-ports.ts";
import { RelaySession } from "../../src/server/relay/relay-session.ts";
import { eventually } from "./e2e-processes.ts";

export const ODD_SERVER: string = fileURLToPath(new URL("odd-server.ts", import.meta.url));
const MEBIBYTE = 1024 * 1024;

export type Frame = Readonly<Record<string, unknown>>;
const answerSchema = z.looseObject({
  result: z.looseObject({
    isError: z.boolean().optional(),
    content: z.array(z.looseObject({ text: z.string() })),
  }),
});

/** Starts the odd server for each connection, as the relay does. */
export function openOddServer(log: (line: string) => void, command: string = process.execPath): OpenUpstream {
  const server = { name: "odd", command, args: [ODD_SERVER], env: { PATH: process.env["PATH"] ?? "" } };
  const registry = { register: () => () => undefined };
  return (events) => openChildChannel({ server, registry, maxAnswerBytes: 16 * MEBIBYTE, log }, events);
}

export interface RelayUnderTest extends AsyncDisposable {
  readonly session: RelaySession;
  /** Everything that the client was told, in order. */
  readonly told: Frame[];
  readonly logged: string[];
  say(frame: unknown): void;
  /** Sends a request and gives its answer; fails after ten seconds without one. */
  ask(method: string, params?: Frame): Promise<Frame>;
  /** Calls a tool and gives what its text says, parsed. Fails for an answer that has none. */
  call(name: string, args?: Frame): Promise<unknown>;
  answerTo(id: unknown): Promise<Frame>;
}

/** A session of the relay before a real odd server, with the client's side in the test's hands. */
export async function openRelay(
  options: { readonly gate?: ToolGate; readonly command?: string } = {},
): Promise<RelayUnderTest> {
  const told: Frame[] = [];
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  const session = new RelaySession({
    id: "s1",
    open: openOddServer(log, options.command),
    gate: options.gate ?? passAllGate,
    // A copy, as on a wire: what is told must not change later.
    client: { send: (message) => told.push(parseJson(JSON.stringify(message)) as Frame) > 0 },
    now: () => performance.now(),
    log,
  });
  let lastId = 1000;
  const answerTo = async (id: unknown): Promise<Frame> => {
    const found = (): Frame | undefined => told.find((one) => one["id"] === id && one["method"] === undefined);
    if (!(await eventually(() => found() !== undefined))) throw new Error(`no answer to ${String(id)}`);
    return found() ?? {};
  };
  const ask: RelayUnderTest["ask"] = (method, params) => {
    lastId += 1;
    session.receive({ jsonrpc: "2.0", id: lastId, method, ...(params === undefined ? {} : { params }) });
    return answerTo(lastId);
  };
  const relay: RelayUnderTest = {
    session,
    told,
    logged,
    say: (frame) => session.receive(frame),
    ask,
    answerTo,
    call: async (name, args = {}) => {
      const answer = answerSchema.parse(await ask("tools/call", { name, arguments: args }));
      return parseJson(answer.result.content[0]?.text ?? "null");
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
  if (options.command === undefined) {
    await ask("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: { sampling: {}, elicitation: {}, roots: {} },
      clientInfo: { name: "test", version: "1" },
    });
    relay.say({ jsonrpc: "2.0", method: "notifications/initialized" });
  }
  return relay;
}
