import { setTimeout as delay } from "node:timers/promises";
import type { UpstreamTool } from "../../gateway/upstream-port.ts";
import { messageOf } from "./ask-session.ts";
import { listTools, type UpstreamSession } from "./upstream-session.ts";

const LIST_PAUSE = 1000;

/** The tools of one server as they were last listed, over all its sessions. */
export class ToolListing {
  readonly #onTools: () => void;
  readonly #log: (message: string) => void;
  #tools: readonly UpstreamTool[] | undefined;
  #listing = false;
  /** Whether the server announced another list since it was last asked for it. */
  #stale = false;

  constructor(options: { readonly onTools: () => void; readonly log: (message: string) => void }) {
    this.#onTools = options.onTools;
    this.#log = options.log;
  }

  /** Undefined before the first time. */
  get tools(): readonly UpstreamTool[] | undefined {
    return this.#tools;
  }

  /** A new session listed them. */
  take(tools: readonly UpstreamTool[]): void {
    this.#tools = tools;
  }

  /** The server announced another list. However often it does, it is asked once at a time and once a second. */
  async again(session: UpstreamSession, isCurrent: () => boolean): Promise<void> {
    this.#stale = true;
    if (this.#listing) return;
    this.#listing = true;
    while (this.#stale && isCurrent() && session.isOpen) {
      this.#stale = false;
      try {
        const tools = await listTools(session.client);
        if (!isCurrent()) break;
        this.#tools = tools;
        this.#onTools();
      } catch (error) {
        this.#log(`its tools could not be listed again: ${messageOf(error)}`);
      }
      await delay(LIST_PAUSE, undefined, { ref: false });
    }
    this.#listing = false;
  }
}
