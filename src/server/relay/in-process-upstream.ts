import type { JSONRPCMessage, Server, Transport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { JsonObject, RpcMessage } from "../../domain/json-rpc.ts";
import type { OpenUpstream, UpstreamEvents } from "./relay-ports.ts";

/** The far end of a channel that leads into this process. */
class InProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #events: UpstreamEvents;
  #closed = false;

  constructor(events: UpstreamEvents) {
    this.#events = events;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    // What the library sends is what goes over a wire.
    if (!this.#closed) this.#events.onMessage(message as unknown as RpcMessage);
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.onclose?.();
    this.#events.onClosed("it was closed");
    return Promise.resolve();
  }
}

/**
 * A server of our own where a relay expects one to start: so the HTTP door serves it in both eras, with sessions,
 * resumption and limits, as it serves any other.
 * @param create makes a server for each connection
 */
export function serverInProcess(create: () => Server | Promise<Server>, log: (message: string) => void): OpenUpstream {
  return (events) => {
    const transport = new InProcessTransport(events);
    const handle = serveStdio(create, { transport, onerror: (error) => log(`mcp: ${error.message}`) });
    return {
      send: (message: JsonObject) => {
        transport.onmessage?.(message as unknown as JSONRPCMessage);
        return true;
      },
      pause: () => undefined,
      resume: () => undefined,
      close: () => handle.close(),
    };
  };
}
