import { RefusalError } from "../../domain/refusal.ts";
import type {
  UpstreamCall,
  UpstreamOutcome,
  Upstreams,
  UpstreamStatus,
  UpstreamTool,
} from "../../gateway/upstream-port.ts";
import { ChildUpstream, type ChildUpstreamOptions } from "./child-upstream.ts";
import type { ChildServer } from "./spawn-server.ts";

/** All upstreams of a desk: each a supervised child, found by its name. */
export class UpstreamManager implements Upstreams {
  readonly #upstreams: ReadonlyMap<string, ChildUpstream>;
  readonly #listeners = new Set<(upstream: string) => void>();

  constructor(servers: readonly ChildServer[], options: Omit<ChildUpstreamOptions, "server" | "onTools">) {
    this.#upstreams = new Map(
      servers.map((server) => [
        server.name,
        new ChildUpstream({ ...options, server, onTools: () => this.#changed(server.name) }),
      ]),
    );
  }

  start(): void {
    for (const upstream of this.#upstreams.values()) upstream.start();
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
    return [...this.#upstreams.values()].map((upstream) => upstream.status());
  }

  async restart(upstream: string): Promise<boolean> {
    const known = this.#upstreams.get(upstream);
    await known?.restart();
    return known !== undefined;
  }

  onToolsChanged(listener: (upstream: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream[Symbol.asyncDispose]()));
  }

  #changed(upstream: string): void {
    for (const listener of this.#listeners) listener(upstream);
  }

  #named(name: string): ChildUpstream {
    const upstream = this.#upstreams.get(name);
    if (upstream !== undefined) return upstream;
    throw new RefusalError({
      code: "UPSTREAM_UNKNOWN",
      message: `there is no upstream "${name}"; known: ${[...this.#upstreams.keys()].join(", ")}`,
    });
  }
}
