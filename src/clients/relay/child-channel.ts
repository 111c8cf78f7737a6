import { setTimeout as delay } from "node:timers/promises";
import { JsonLineReader } from "../../domain/json-lines.ts";
import { judgeMessage, type JsonObject, type RpcId, type RpcMessage } from "../../domain/json-rpc.ts";
import { forEachLine } from "../process/log-lines.ts";
import { signalGroup } from "../process/process-identity.ts";
import type { ProcessRegistry } from "../process/process-registry.ts";
import { spawnServer, type ChildServer, type ServerProcess } from "../upstream/spawn-server.ts";

export interface ChannelEvents {
  readonly onMessage: (message: RpcMessage) => void;
  readonly onRefused: (answer: { readonly id: RpcId | undefined; readonly reason: string }) => void;
  readonly onFailed: (request: {
    readonly id: RpcId;
    readonly reason: string;
    readonly sent: boolean;
    readonly again?: boolean;
  }) => void;
  readonly onDrain: () => void;
  readonly onClosed: (reason: string) => void;
}

export interface Channel {
  send(message: JsonObject): boolean;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export interface ChildChannelOptions {
  readonly server: ChildServer;
  readonly registry: ProcessRegistry;
  /** The longest message that the server may send, in bytes. */
  readonly maxAnswerBytes: number;
  /** Gets what the server writes to stderr, line by line, and a count of lines on stdout that are no messages. */
  readonly log: (message: string) => void;
}

const STOP_MILLISECONDS = 2000;
/** What a process wrote before it ended may still be on its way. */
const DRAIN_MILLISECONDS = 250;

/**
 * Starts a server in a process group of its own and speaks lines of JSON with it. Nothing is told before this returned;
 * a server that cannot be started is told by `onClosed`.
 */
export function openChildChannel(options: ChildChannelOptions, events: ChannelEvents): Channel {
  const { server, registry, log } = options;
  const child = spawnServer(server);
  const { pid, stdin, stdout } = child;
  const kill = (signal: NodeJS.Signals): void => {
    if (pid !== undefined) signalGroup(pid, signal);
  };
  const release = pid === undefined ? (): void => undefined : registry.register(pid, `relay ${server.name}`);
  let closed = false;
  let garbage = 0;
  const garbled = (): void => {
    garbage += 1;
    // The first one says that it happens, the later ones how much: a server that prints must not fill the log.
    if (garbage === 1 || garbage % 1000 === 0) log(`${server.name}: ${garbage} lines on its output were no messages`);
  };
  const lines = new JsonLineReader(options.maxAnswerBytes, readerEvents(options, events, garbled));
  forEachLine(child.stderr, (line) => log(`${server.name}: ${line}`));
  const drained = new Promise<void>((resolve) => stdout.once("close", () => resolve()));
  stdout.on("data", (chunk: Buffer) => lines.push(chunk));
  stdout.on("error", () => undefined);
  // A server that does not listen any more is of no use.
  stdin.on("error", () => kill("SIGKILL"));
  stdin.on("drain", () => events.onDrain());
  const over = endOf(child).then(async (how) => {
    release();
    // What the leader left behind in its group would hold its output open.
    kill("SIGKILL");
    stdout.resume();
    await Promise.race([drained, delay(DRAIN_MILLISECONDS, undefined, { ref: false })]);
    closed = true;
    events.onClosed(how);
  });
  // A server without its output is of no use, even if it lives on.
  void drained.then(() => kill("SIGKILL"));
  return {
    send: (message) => closed || !stdin.writable || stdin.write(`${JSON.stringify(message)}\n`),
    pause: () => void stdout.pause(),
    resume: () => void stdout.resume(),
    close: async () => {
      stdin.end();
      kill("SIGTERM");
      const forced = setTimeout(() => kill("SIGKILL"), STOP_MILLISECONDS);
      await over;
      clearTimeout(forced);
    },
  };
}

function readerEvents(
  { maxAnswerBytes }: ChildChannelOptions,
  events: ChannelEvents,
  garbled: () => void,
): ConstructorParameters<typeof JsonLineReader>[1] {
  return {
    onValue: (value) => {
      const judged = judgeMessage(value);
      if (judged.kind !== "invalid") events.onMessage(judged.message);
      else if (judged.id === null) garbled();
      else events.onRefused({ id: judged.id, reason: `the server's answer is not passed on: ${judged.reason}` });
    },
    onGarbage: garbled,
    onTooLong: ({ id, isRequest, bytes }) => {
      const reason = `the server's answer has ${bytes} bytes; at most ${maxAnswerBytes} are passed on. Ask for less`;
      if (isRequest || id === undefined) garbled();
      else events.onRefused({ id, reason });
    },
  };
}

/** The exit of the process itself: its promise would wait for whoever else holds its output. */
function endOf(child: ServerProcess): Promise<string> {
  const exited = new Promise<string>((resolve) => {
    child.nodeChildProcess.once("exit", (code, signal) =>
      resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`),
    );
  });
  const failed = child.then((result) => result.originalMessage ?? "it could not be started");
  return Promise.race([exited, failed]);
}
