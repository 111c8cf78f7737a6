import { setTimeout as delay } from "node:timers/promises";
import { forEachLine } from "../process/log-lines.ts";
import { signalGroup } from "../process/process-identity.ts";
import type { ProcessRegistry } from "../process/process-registry.ts";
import { ChildTransport } from "./child-transport.ts";
import { RateWindow } from "./rate-window.ts";
import { spawnServer, type ChildServer, type ServerProcess } from "./spawn-server.ts";
import { greet, sessionClient, type SessionEvents, type UpstreamSession } from "./upstream-session.ts";

export interface ChildSessionOptions {
  readonly server: ChildServer;
  readonly registry: ProcessRegistry;
  /** Gets each line of the child's stderr, masked by the caller. */
  readonly log: (message: string) => void;
  readonly version: string;
}

const STOP_MILLISECONDS = 2000;
const MOST_LINES_A_SECOND = 200;
/** What a process wrote before it ended may still be on its way. */
const DRAIN_MILLISECONDS = 250;

/** Starts a server in a process group of its own, registered before the first message. */
export function openChildSession(options: ChildSessionOptions, events: SessionEvents): UpstreamSession {
  const { server, registry, log, version } = options;
  const child = spawnServer(server);
  const { pid } = child;
  const kill = (): void => {
    if (pid !== undefined) signalGroup(pid, "SIGKILL");
  };
  const release = pid === undefined ? (): void => undefined : registry.register(pid, `upstream ${server.name}`);
  const transport = new ChildTransport({ input: child.stdin, output: child.stdout });
  const client = sessionClient(version, "legacy", events);
  logLines(child.stderr, (line) => log(`${server.name}: ${line}`));
  const drained = transport.closed;
  const ended = endOf(child).then(async (how) => {
    release();
    // What the leader left behind in its group would hold its output open.
    kill();
    await Promise.race([drained, delay(DRAIN_MILLISECONDS, undefined, { ref: false })]);
    await transport.close();
    return `the process ended (${how})`;
  });
  let stopping = false;
  void drained.then(() => {
    // A server without its output is of no use, even if it lives on.
    if (!stopping) kill();
  });
  const ready = Promise.race([
    greet(client, transport),
    ended.then((how) => {
      throw new Error(`${how} before it answered`);
    }),
  ]);
  ready.catch(() => undefined);
  return {
    pid,
    client,
    get isOpen() {
      return transport.isOpen;
    },
    ready,
    ended,
    kill,
    async stop() {
      stopping = true;
      child.stdin.end();
      if (pid !== undefined) signalGroup(pid, "SIGTERM");
      const forced = setTimeout(kill, STOP_MILLISECONDS);
      await ended;
      clearTimeout(forced);
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

/** A server that floods its log must not fill ours. */
function logLines(stream: ServerProcess["stderr"], log: (line: string) => void): void {
  const rate = new RateWindow(MOST_LINES_A_SECOND);
  forEachLine(stream, (line) => {
    const { within, missed } = rate.take(performance.now());
    if (missed > 0) log(`… ${missed} more lines within a second`);
    if (within) log(line);
  });
}
