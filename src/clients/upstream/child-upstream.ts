import { Client, SdkError, SdkErrorCode, type Progress } from "@modelcontextprotocol/client";
import type {
  ToolResult,
  UpstreamCall,
  UpstreamOutcome,
  UpstreamStatus,
  UpstreamTool,
} from "../../gateway/upstream-port.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { ProcessRegistry } from "../process/process-registry.ts";
import { signalGroup } from "../process/process-identity.ts";
import { backoffMilliseconds } from "./backoff.ts";
import { ChildTransport } from "./child-transport.ts";
import { spawnServer, type ChildServer, type ServerProcess } from "./spawn-server.ts";
import { toolResultSchema, upstreamToolSchema } from "./upstream-answer.ts";

export interface ChildUpstreamOptions {
  readonly server: ChildServer;
  readonly registry: ProcessRegistry;
  /** Gets each line of the child's stderr, masked by the caller. */
  readonly log: (message: string) => void;
  readonly random: () => number;
  readonly version: string;
  readonly onTools: () => void;
}

type State =
  | { readonly kind: "stopped" }
  | { readonly kind: "starting"; readonly ready: Promise<Connection> }
  | { readonly kind: "ready"; readonly connection: Connection }
  | { readonly kind: "waiting"; readonly ready: Promise<Connection>; readonly until: number };

interface Connection {
  readonly client: Client;
  readonly child: ServerProcess;
  readonly tools: readonly UpstreamTool[];
}

const START_TIMEOUT = 20_000;
const SETTLED_AFTER = 5_000;

/**
 * One MCP server as a supervised child.
 *
 * Invariants
 * 1. When the child dies, its transport closes and every call in flight ends at once as `lost`.
 * 2. A child that dies is started again, at once the first time, then with backoff; tools are listed anew each time.
 * 3. Nothing that was sent is ever sent again from here.
 * 4. Every child's process group is registered before the first message and taken off when it is gone.
 */
export class ChildUpstream {
  readonly #options: ChildUpstreamOptions;
  #state: State = { kind: "stopped" };
  #attempt = 0;
  #restarts = 0;
  #lastError: string | null = null;
  #tools: readonly UpstreamTool[] = [];
  #stopping = false;

  constructor(options: ChildUpstreamOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopping = false;
    if (this.#state.kind === "stopped") this.#begin(0);
  }

  /** Ends the child and starts a new one. */
  async restart(): Promise<void> {
    await this.#end();
    this.#attempt = 0;
    this.start();
    await this.#connection();
  }

  status(): UpstreamStatus {
    return {
      name: this.#options.server.name,
      state: this.#state.kind,
      pid: this.#state.kind === "ready" ? (this.#state.connection.child.pid ?? null) : null,
      restarts: this.#restarts,
      tools: this.#tools.length,
      lastError: this.#lastError,
    };
  }

  async tools(): Promise<readonly UpstreamTool[]> {
    return (await this.#connection()).tools;
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    let connection: Connection;
    try {
      connection = await this.#connection(call.signal);
    } catch (error) {
      return { kind: "lost", sent: false, timedOut: false, reason: messageOf(error) };
    }
    try {
      const answer = await connection.client.request(
        { method: "tools/call", params: { name: call.tool, arguments: call.arguments } },
        toolResultSchema,
        {
          timeout: call.deadlineMilliseconds,
          resetTimeoutOnProgress: true,
          // Without a listener the SDK asks for no progress, and then nothing could reset the deadline.
          onprogress: ({ progress, total, message }: Progress) =>
            call.onProgress?.({
              progress,
              ...(total === undefined ? {} : { total }),
              ...(message === undefined ? {} : { message }),
            }),
          ...(call.signal === undefined ? {} : { signal: call.signal }),
        },
      );
      return { kind: "answered", result: answer as ToolResult };
    } catch (error) {
      const timedOut = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
      const reason = this.#isCurrent(connection)
        ? messageOf(error)
        : `${this.#options.server.name} ended while it was answering`;
      return { kind: "lost", sent: true, timedOut, reason };
    }
  }

  /** The text of a resource; parts are joined. */
  async readResource(uri: string): Promise<string> {
    const { client } = await this.#connection();
    const { contents } = await client.readResource({ uri });
    return contents.map((part) => ("text" in part ? part.text : "")).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  #isCurrent(connection: Connection): boolean {
    return this.#state.kind === "ready" && this.#state.connection === connection;
  }

  async #connection(signal?: AbortSignal): Promise<Connection> {
    if (this.#state.kind === "ready") return this.#state.connection;
    if (this.#state.kind === "stopped")
      throw new RefusalError({ code: "UPSTREAM_STOPPED", message: `${this.#options.server.name} is stopped` });
    const limit = AbortSignal.timeout(START_TIMEOUT);
    const over = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    return Promise.race([
      this.#state.ready,
      aborted(
        over,
        `${this.#options.server.name} did not start in time${this.#lastError === null ? "" : `: ${this.#lastError}`}`,
      ),
    ]);
  }

  #begin(waitMilliseconds: number): void {
    const ready = this.#open(waitMilliseconds);
    // Whoever waits sees the failure; without a waiter it must not end the desk.
    ready.catch(() => undefined);
    this.#state =
      waitMilliseconds > 0 ? { kind: "waiting", ready, until: waitMilliseconds } : { kind: "starting", ready };
  }

  async #open(waitMilliseconds: number): Promise<Connection> {
    if (waitMilliseconds > 0) await new Promise((resolve) => setTimeout(resolve, waitMilliseconds).unref());
    if (this.#stopping)
      throw new RefusalError({ code: "UPSTREAM_STOPPED", message: `${this.#options.server.name} is stopped` });
    const { server } = this.#options;
    const child = spawnServer(server);
    const release =
      child.pid === undefined ? () => undefined : this.#options.registry.register(child.pid, `upstream ${server.name}`);
    const startedAt = performance.now();
    let connection: Connection | undefined;
    void child.then((result) => {
      release();
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      this.#ended(
        connection,
        startedAt,
        result.originalMessage ??
          (result.signal === undefined ? `exit code ${String(result.exitCode)}` : `signal ${result.signal}`),
      );
    });
    this.#readErrors(child);
    connection = await this.#handshake(child);
    this.#tools = connection.tools;
    this.#state = { kind: "ready", connection };
    this.#options.onTools();
    return connection;
  }

  async #handshake(child: ServerProcess): Promise<Connection> {
    const transport = new ChildTransport({ input: child.stdin, output: child.stdout });
    const client = new Client({ name: "quantwright", version: this.#options.version }, { capabilities: {} });
    try {
      await client.connect(transport, { timeout: START_TIMEOUT });
      return { client, child, tools: await listAll(client) };
    } catch (error) {
      this.#lastError = messageOf(error);
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      throw error;
    }
  }

  #readErrors(child: ServerProcess): void {
    let rest = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (chunk: string) => {
      const lines = (rest + chunk).slice(-64_000).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines)
        if (line.trim() !== "") this.#options.log(`${this.#options.server.name}: ${line.slice(0, 2000)}`);
    });
  }

  #ended(connection: Connection | undefined, startedAt: number, how: string): void {
    void connection?.client.close().catch(() => undefined);
    if (this.#stopping) return;
    this.#lastError = `the process ended (${how})`;
    this.#options.log(`${this.#options.server.name}: ${this.#lastError}; starting it again`);
    this.#restarts += 1;
    if (performance.now() - startedAt > SETTLED_AFTER) this.#attempt = 0;
    this.#begin(backoffMilliseconds(this.#attempt, this.#options.random));
    this.#attempt += 1;
  }

  async #end(): Promise<void> {
    this.#stopping = true;
    const state = this.#state;
    this.#state = { kind: "stopped" };
    if (state.kind === "stopped") return;
    const connection = state.kind === "ready" ? state.connection : await state.ready.catch(() => undefined);
    if (connection === undefined) return;
    await connection.client.close().catch(() => undefined);
    const { child } = connection;
    const forced = setTimeout(() => child.pid !== undefined && signalGroup(child.pid, "SIGKILL"), 2000);
    if (child.pid !== undefined) signalGroup(child.pid, "SIGTERM");
    await child;
    clearTimeout(forced);
  }
}

async function listAll(client: Client): Promise<UpstreamTool[]> {
  const tools: UpstreamTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    tools.push(...page.tools.map((tool) => upstreamToolSchema.parse(tool) as UpstreamTool));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

function aborted(signal: AbortSignal, message: string): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void =>
      reject(
        new RefusalError({
          code: "UPSTREAM_UNAVAILABLE",
          message,
          remedy: "see `quantwright upstream list` and the desk's log",
          retryable: true,
        }),
      );
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
