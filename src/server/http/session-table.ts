import { HttpSession } from "./http-session.ts";
import type { McpBackend } from "./mcp-backend.ts";

/** Each session may have a process of its own behind it. */
const MOST_SESSIONS = 64;
/** Where each caller has a key of its own, one must not take the sessions of all. */
const MOST_OF_ONE = 16;
/** A client that says nothing and listens to nothing for so long is gone. Most never say good-bye. */
const IDLE_MILLISECONDS = 30 * 60_000;
const SWEEP_MILLISECONDS = 60_000;

/** The sessions of one door. */
export class SessionTable implements AsyncDisposable {
  readonly #sessions = new Map<string, HttpSession>();
  readonly #backend: McpBackend;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #mostOfOne: number;
  readonly #sweeper: NodeJS.Timeout;

  /** @param options.ownKeys whether callers are told from each other */
  constructor(
    backend: McpBackend,
    { now, newId, ownKeys }: { readonly now: () => number; readonly newId: () => string; readonly ownKeys: boolean },
  ) {
    this.#backend = backend;
    this.#mostOfOne = ownKeys ? MOST_OF_ONE : MOST_SESSIONS;
    this.#now = now;
    this.#newId = newId;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MILLISECONDS);
    this.#sweeper.unref();
  }

  /** A new session; undefined when there are too many. */
  open(caller: string): HttpSession | undefined {
    if (this.#isFull(caller)) this.#sweep();
    if (this.#isFull(caller)) return undefined;
    const id = this.#newId();
    const session = new HttpSession(this.#backend, { id, caller, onRefused: () => void this.close(id) });
    session.heardAt = this.#now();
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session of that caller; another's is not known to him. */
  find(id: string, caller: string): HttpSession | undefined {
    const session = this.#sessions.get(id);
    if (session?.caller !== caller) return undefined;
    session.heardAt = this.#now();
    return session;
  }

  /** Ends the sessions of callers that are not known any more. */
  async closeStrangers(isKnown: (caller: string) => boolean): Promise<void> {
    const strangers = [...this.#sessions.values()].filter(({ caller }) => !isKnown(caller));
    await Promise.all(strangers.map(({ id }) => this.close(id)));
  }

  async close(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.close();
    return session !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#sessions.keys()].map((id) => this.close(id)));
  }

  #isFull(caller: string): boolean {
    const own = [...this.#sessions.values()].filter((session) => session.caller === caller).length;
    return this.#sessions.size >= MOST_SESSIONS || own >= this.#mostOfOne;
  }

  #sweep(): void {
    const before = this.#now() - IDLE_MILLISECONDS;
    for (const session of this.#sessions.values())
      if (session.isIdle && session.heardAt < before) void this.close(session.id);
  }
}
