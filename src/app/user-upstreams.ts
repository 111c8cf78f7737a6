import type { SecretMask } from "../clients/secret-mask.ts";
import { carefulUpstreams } from "../clients/upstream/careful-upstreams.ts";
import { routedUpstreams } from "../clients/upstream/routed-upstreams.ts";
import type { UpstreamManager } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { ROUTES_UPSTREAM, type ReadRoute } from "../domain/read-route.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { UpstreamEntry } from "../domain/upstream-entry.ts";
import type { RoutedServers } from "../gateway/check-route.ts";
import { isRead } from "../gateway/classify.ts";
import type { Registry, UpstreamSource } from "../gateway/registry.ts";
import { OWN_UPSTREAM } from "../gateway/tool.ts";
import type { Upstreams } from "../gateway/upstream-port.ts";
import type { Vault } from "../store/vault/vault.ts";
import { routedServers, routesSource } from "./desk-routes.ts";
import { readUpstreamSettings } from "./upstream-file.ts";
import { userServer } from "./user-server.ts";

export interface UserUpstreamParts {
  readonly config: Config;
  readonly vault: Vault;
  readonly mask: SecretMask;
  readonly upstreams: UpstreamManager;
  /** The upstreams as the gateway calls them, the routes among them. */
  readonly called: Upstreams;
  readonly registry: Registry;
  /** The sources that every desk has. */
  readonly own: readonly UpstreamSource[];
  readonly demo: boolean;
}

/** The upstreams of `upstreams.json` behind the gateway: brought in line with the file at the start and when asked. */
export class UserUpstreams {
  readonly #parts: UserUpstreamParts;
  #entries: ReadonlyMap<string, UpstreamEntry> = new Map();
  #routes: readonly ReadRoute[] = [];
  #round: Promise<void> = Promise.resolve();
  /** What routes are judged by. */
  readonly servers: RoutedServers;

  constructor(parts: UserUpstreamParts) {
    this.#parts = parts;
    this.servers = routedServers(parts.registry, (name) => this.entry(name));
  }

  /** The routes for reads, as they were last read. */
  get routes(): readonly ReadRoute[] {
    return this.#routes;
  }

  /** The entry of an upstream of the user's, as it was last read. */
  entry(name: string): UpstreamEntry | undefined {
    return this.#entries.get(name);
  }

  /**
   * Reads the file anew: starts what is new, replaces what changed, ends what is gone.
   * @throws RefusalError for a file that cannot be read or names that collide; then everything stays as it was.
   */
  reload(): Promise<void> {
    // One at a time: two would start the same server twice.
    this.#round = this.#round.catch(() => undefined).then(() => this.#reload());
    return this.#round;
  }

  async #reload(): Promise<void> {
    const { config, upstreams, called, registry, own, demo } = this.#parts;
    // A demo's desk reaches the local cloud only.
    const settings = demo ? { upstreams: {}, routes: [] } : readUpstreamSettings(config);
    const entries = Object.entries(settings.upstreams);
    const reserved = entries.find(([name]) => own.some(({ upstream }) => upstream === name));
    if (reserved !== undefined) throw nameReserved(reserved[0]);
    const sources = entries.map(([name, entry]) => sourceOf(name, entry));
    registry.setSources([...own, ...sources, ...routesSource(settings.routes)]);
    this.#routes = settings.routes;
    const gone = [...this.#entries.keys()].filter((name) => !entries.some(([kept]) => kept === name));
    this.#entries = new Map(entries);
    await Promise.all(gone.map((name) => upstreams.remove(name)));
    for (const [name, entry] of entries) await upstreams.put(await userServer(config, this.#parts, { name, entry }));
    await registry.refresh(called, ROUTES_UPSTREAM);
  }
}

/** The upstreams as the gateway calls them: with the care that the user's entries ask for, and with his routes. */
export function userCare(upstreams: Upstreams, user: () => UserUpstreams | undefined): Upstreams {
  const speaksQuantconnect = (upstream: string): boolean =>
    upstream === OWN_UPSTREAM || user()?.entry(upstream)?.speaks === "quantconnect";
  const careful = carefulUpstreams(upstreams, {
    careOf: (upstream) => {
      const entry = user()?.entry(upstream);
      return entry && { callsPerMinute: entry.callsPerMinute, cacheSeconds: entry.cacheSeconds };
    },
    isRead: (upstream, tool) => isRead(tool) && speaksQuantconnect(upstream),
    now: () => performance.now(),
  });
  return routedUpstreams(careful, {
    routes: () => user()?.routes ?? [],
    servers: {
      speaks: (upstream) => user()?.servers.speaks(upstream),
      tool: (upstream, tool) => user()?.servers.tool(upstream, tool),
    },
  });
}

/** Pins hold for as long as an upstream has its name: nobody can hash a program that somebody else wrote. */
function sourceOf(name: string, entry: UpstreamEntry): UpstreamSource {
  return { upstream: name, prefix: `${name}_`, build: "user", speaks: entry.speaks };
}

function nameReserved(name: string): RefusalError {
  return new RefusalError({
    code: "UPSTREAM_NAME_TAKEN",
    message: `every desk has an upstream called "${name}" of its own`,
    remedy: "choose another name, such as qc-second",
  });
}
