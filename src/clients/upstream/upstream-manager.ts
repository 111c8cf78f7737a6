import { RefusalError } from "../../domain/refusal.ts";
import type {
  UpstreamCall,
  UpstreamOutcome,
  Upstreams,
  UpstreamStatus,
  UpstreamTool,
} from "../../gateway/upstream-port.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { ProcessRegistry } from "../process/process-registry.ts";
import { openChildSession } from "./child-session.ts";
import { FlatUpstream } from "./flat-upstream.ts";
import type { HealthPolicy } from "./health-record.ts";
import { openHttpSession, type RemoteServer } from "./http-session.ts";
import type { OneUpstream } from "./one-upstream.ts";
import { PooledUpstream } from "./pooled-upstream.ts";
import type { ChildServer } from "./spawn-server.ts";
import { SupervisedUpstream } from "./supervised-upstream.ts";
import type { OpenSession } from "./upstream-session.ts";

/** A server, how many instances of it serve, and how their health is checked; not at all where that is not given. */
export type UpstreamServer = (ChildServer | RemoteServer) & {
  readonly instances?: number;
  readonly health?: HealthPolicy;
  /** Whether its tools take their arguments inside one object, and are to be offered flat. */
  readonly flattens?: boolean;
};

export interface UpstreamManagerOptions {
  readonly registry: ProcessRegistry;
  /** Gets each line that servers write to stderr, masked by the caller. */
  readonly log: (message: string) => void;
  readonly random: () => number;
  readonly version: string;
  /** Calls `work` again and again, so often in milliseconds, until it is disposed of; without it no health is checked. */
  readonly every?: (milliseconds: number, work: () => Promise<void>) => Disposable;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** How often it is looked which server is due for a check. */
const LOOK_MILLISECONDS = 1000;

/** All upstreams of a desk, found by name: supervised children, and connections to servers elsewhere. */
export class UpstreamManager implements Upstreams {
  readonly #options: UpstreamManagerOptions;
  readonly #upstreams = new Map<string, { readonly form: string; readonly upstream: OneUpstream }>();
  readonly #listeners = new Set<(upstream: string) => void>();
  #started = false;
  #looks: Disposable | undefined;

  constructor(servers: readonly UpstreamServer[], options: UpstreamManagerOptions) {
    this.#options = options;
    for (const server of servers) this.#add(server);
  }

  start(): void {
    this.#started = true;
    this.#looks ??= this.#options.every?.(LOOK_MILLISECONDS, async () => {
      await Promise.all([...this.#upstreams.values()].map(({ upstream }) => upstream.check()));
    });
    for (const { upstream } of this.#upstreams.values()) upstream.start();
  }

  /** Adds a server, or replaces the one of its name where it is another now. */
  async put(server: UpstreamServer): Promise<void> {
    const known = this.#upstreams.get(server.name);
    if (known?.form === formOf(server)) return;
    this.#add(server);
    await known?.upstream[Symbol.asyncDispose]();
    if (this.#started) this.#named(server.name).start();
  }

  /** Ends a server. Whether there was one. */
  async remove(name: string): Promise<boolean> {
    const known = this.#upstreams.get(name);
    this.#upstreams.delete(name);
    await known?.upstream[Symbol.asyncDispose]();
    return known !== undefined;
  }

  async tools(upstream: string): Promise<readonly UpstreamTool[]> {
    return this.#named(upstream).tools();
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    return this.#named(call.upstream).call(call);
  }

  async readResource(upstream: string, uri: string): Promise<string> {
    return this.#named(upstream).readResource(uri);
  }

  status(): readonly UpstreamStatus[] {
    return [...this.#upstreams.values()].map(({ upstream }) => upstream.status());
  }

  async restart(upstream: string): Promise<boolean> {
    const known = this.#upstreams.get(upstream);
    await known?.upstream.restart();
    return known !== undefined;
  }

  onToolsChanged(listener: (upstream: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#looks?.[Symbol.dispose]();
    this.#looks = undefined;
    await Promise.all([...this.#upstreams.values()].map(({ upstream }) => upstream[Symbol.asyncDispose]()));
  }

  #add(server: UpstreamServer): void {
    const { name } = server;
    const { log, random } = this.#options;
    const onTools = (): void => {
      for (const listener of this.#listeners) listener(name);
    };
    const now = this.#options.now ?? ((): number => performance.now());
    const { instances = 1, health } = server;
    const one = (called: string): SupervisedUpstream =>
      new SupervisedUpstream({
        name: called,
        open: this.#opener({ ...server, name: called }),
        log,
        random,
        onTools,
        health,
        now,
      });
    const served =
      instances === 1
        ? one(name)
        : new PooledUpstream(
            name,
            Array.from({ length: instances }, (_, index) => one(`${name}#${index + 1}`)),
          );
    const upstream = server.flattens === true ? new FlatUpstream(served) : served;
    this.#upstreams.set(name, { form: formOf(server), upstream });
  }

  #opener(server: UpstreamServer): OpenSession {
    const { registry, log, version } = this.#options;
    return "url" in server
      ? (events) => openHttpSession({ server, version }, events)
      : (events) => openChildSession({ server, registry, log, version }, events);
  }

  #named(name: string): OneUpstream {
    const known = this.#upstreams.get(name);
    if (known !== undefined) return known.upstream;
    throw new RefusalError({
      code: "UPSTREAM_UNKNOWN",
      message: `there is no upstream "${name}"; known: ${[...this.#upstreams.keys()].join(", ")}`,
    });
  }
}

/** What makes a server another one. It may hold secrets and stays in memory. */
function formOf(server: UpstreamServer): string {
  return "url" in server ? server.identity : canonicalJson(server);
}
