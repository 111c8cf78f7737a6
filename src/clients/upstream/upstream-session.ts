import { Client, type Transport } from "@modelcontextprotocol/client";
import { z } from "zod";
import type { UpstreamTool } from "../../gateway/upstream-port.ts";
import { upstreamToolSchema } from "./upstream-answer.ts";

/** The life of one connection to a server: from its start until it is gone for good. */
export interface UpstreamSession {
  /** Of a child; undefined for a server elsewhere. */
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

/** What the owner of a session wants to hear of it while it lives. */
export interface SessionEvents {
  /** The server says that its list of tools is another one now. */
  readonly onListChanged: () => void;
}

/** Opens the next session of one server. It does not throw: what goes wrong is in `ready` and `ended`. */
export type OpenSession = (events: SessionEvents) => UpstreamSession;

/** A message that did not reach the server, or not as a whole: it can have had no effect. */
export class NotSentError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NotSentError";
  }
}

/** A server that does not answer for so long after its start is given up. */
export const START_TIMEOUT = 20_000;
/** One message may be this long: results of long backtests exceed the protocol library's 10 MB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const LIST_TIMEOUT = 20_000;
const MOST_PAGES = 64;
const MOST_TOOLS = 2000;
/** A storm of announcements is one announcement. */
const CALM_MILLISECONDS = 200;

const pageSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/** The protocol's client with nothing to offer: what a server asks of it unbidden is refused. */
export function sessionClient(version: string, mode: "legacy" | "auto", { onListChanged }: SessionEvents): Client {
  return new Client(
    { name: "quantwright", version },
    {
      capabilities: {},
      versionNegotiation: { mode },
      listChanged: { tools: { autoRefresh: false, debounceMs: CALM_MILLISECONDS, onChanged: onListChanged } },
    },
  );
}

/** Shakes hands and lists the tools. */
export async function greet(client: Client, transport: Transport): Promise<readonly UpstreamTool[]> {
  await client.connect(transport, { timeout: START_TIMEOUT });
  return listTools(client);
}

/**
 * Every tool that a server lists. What is no tool at all is left out; whether a tool can be used is not decided here.
 * @throws Error for a list that does not end.
 */
export async function listTools(client: Client): Promise<readonly UpstreamTool[]> {
  const tools: UpstreamTool[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const params = cursor === undefined ? {} : { cursor };
    // Not the library's own listing: it compiles every schema, and one bad schema would cost all tools.
    const page = await client.request({ method: "tools/list", params }, pageSchema, { timeout: LIST_TIMEOUT });
    for (const listed of page.tools) {
      const tool = upstreamToolSchema.safeParse(listed);
      // The schema gives what the port asks for; absent members are absent, not undefined.
      if (tool.success) tools.push(tool.data as UpstreamTool);
    }
    if (tools.length > MOST_TOOLS) throw new Error(`it lists more than ${MOST_TOOLS} tools`);
    cursor = page.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Error(`its list of tools has more than ${MOST_PAGES} pages`);
}
