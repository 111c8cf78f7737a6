import { setTimeout as delay } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/client";
import type { UpstreamTool } from "../../gateway/upstream-port.ts";
import { forEachLine } from "../process/log-lines.ts";
import { signalGroup } from "../process/process-identity.ts";
import type { ProcessRegistry } from "../process/process-registry.ts";
import { ChildTransport } from "./child-transport.ts";
import { spawnServer, type ChildServer, type ServerProcess } from "./spawn-server.ts";
import { upstreamToolSchema } from "./upstream-answer.ts";

export interface ChildSessionOptions {
  readonly server: ChildServer;
  readonly registry: ProcessRegistry;
  /** Gets each line of the child's stderr, masked by the caller. */
  readonly log: (message: string) => void;
  readonly version: string;
}

/** The life of one child: from its start until its process group is gone. */
export interface ChildSession {
  readonly pid: number | undefined;
  readonly client: Client;
  /** Whether calls can be sent to it. */
  readonly isOpen: boolean;
  /** Its tools, once it answers; rejects when it ends before. */
  readonly ready: Promise<readonly UpstreamTool[]>;
  /** How it ended. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it at once. */
  kill(): void;
  /** Asks it to end, and ends it after two seconds. */
  stop(): Promise<void>;
}

/** A child that does not answer for so long after its start is given up. */
export const START_TIMEOUT = 20_000;
const STOP_MILLISECONDS = 2000;
/** What a process wrote before it ended may still be on its way. */
const DRAIN_MILLISECONDS = 250;

/** Starts a server in a process group of its own, registered before the first message. */
export function openSession(options: ChildSessionOptions): ChildSession {
  const { server, registry, log, version } = options;
  const child = spawnServer(server);
  const { pid } = child;
  const kill = (): void => {
    if (pid !== undefined) signalGroup(pid, "SIGKILL");
  };
  const release = pid === undefined ? (): void => undefined : registry.register(pid, `upstream ${server.name}`);
  const transport = new ChildTransport({ input: child.stdin, output: child.stdout });
  const client = new Client({ name: "quantwright", version }, { capabilities: {} });
  forEachLine(child.stderr, (line) => log(`${server.name}: ${line}`));
  const drained = transport.closed;
  const ended = endOf(child).then(async (how) => {
    release();
    // What the leader left behind in its group would hold its output open.
    kill();
    await Promise.race([drained, delay(DRAIN_MILLISECONDS, undefined, { ref: false })]);
    await transport.close();
    return how;
  });
  let stopping = false;
  void drained.then(() => {
    // A server without its output is of no use, even if it lives on.
    if (!stopping) kill();
  });
  const ready = Promise.race([
    handshake(client, transport),
    ended.then((how) => {
      throw new Error(`the process ended before it answered (${how})`);
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

async function handshake(client: Client, transport: ChildTransport): Promise<readonly UpstreamTool[]> {
  await client.connect(transport, { timeout: START_TIMEOUT });
  const tools: UpstreamTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    // The schema gives what the port asks for; absent members are absent, not undefined.
    tools.push(...page.tools.map((tool) => upstreamToolSchema.parse(tool) as UpstreamTool));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}
