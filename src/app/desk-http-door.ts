import { randomUUID } from "node:crypto";
import type { Server } from "@modelcontextprotocol/server";
import type { Config } from "../config.ts";
import type { ClientKey } from "../domain/client-key.ts";
import { RefusalError } from "../domain/refusal.ts";
import { CallerBackends } from "../server/http/caller-backends.ts";
import { McpDoor } from "../server/http/mcp-door.ts";
import { serveHttp, type ServedDoor } from "../server/http/serve-http.ts";
import { serverInProcess } from "../server/relay/in-process-upstream.ts";
import { passAllGate } from "../server/relay/pass-all-gate.ts";
import { RelayBackend } from "../server/relay/relay-backend.ts";
import type { ClientKeyFile } from "../store/client-key-file.ts";

const MOST_MESSAGE_BYTES = 16 * 1024 * 1024;

export interface HttpAddress {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
}

export interface DeskHttpDoorOptions {
  readonly config: Config;
  readonly keys: ClientKeyFile;
  /** Makes the desk's server for one client. */
  readonly createServer: (client: ClientKey) => Server;
  readonly log: (message: string) => void;
}

/**
 * The desk's MCP over HTTP, closed until it is asked for or the settings open it. Every client has a key of its own, and
 * without keys nobody is served, on this machine neither. What a client may do the gateway decides, as for any other.
 */
export class DeskHttpDoor implements AsyncDisposable {
  readonly #options: DeskHttpDoorOptions;
  /** By the hash of their keys, which is who callers are to the door. */
  readonly #callers = new Map<string, ClientKey>();
  #open: { readonly served: ServedDoor; readonly door: McpDoor; readonly backends: CallerBackends } | undefined;
  #opening: Promise<string> | undefined;
  #fault: string | null = null;

  constructor(options: DeskHttpDoorOptions) {
    this.#options = options;
  }

  /** Where it is open, and what kept the settings' one from opening. */
  get state(): { readonly url: string | null; readonly fault: string | null } {
    return { url: this.#open?.served.url ?? null, fault: this.#fault };
  }

  /** Opens the door that the settings ask for. A desk without it still serves everything else: the fault is shown. */
  async openBySettings(): Promise<void> {
    const { config, log } = this.#options;
    const { http } = config.settings;
    if (http === undefined) return;
    await this.open({ port: http.port, host: http.host ?? "127.0.0.1" }).catch((error: unknown) => {
      this.#fault = error instanceof Error ? error.message : String(error);
      log(`the HTTP door of the settings does not open: ${this.#fault}`);
    });
  }

  /**
   * Opens the door and gives its address; one that is open at that place stays as it is.
   * @throws RefusalError `PORT_UNAVAILABLE`, `HTTP_DOOR_OPEN` where it is open at another place.
   */
  async open(address: HttpAddress): Promise<string> {
    await this.#opening?.catch(() => undefined);
    if (this.#open === undefined) {
      this.#opening = this.#listen(address).finally(() => (this.#opening = undefined));
      return this.#opening;
    }
    const { url } = this.#open.served;
    const { port, hostname } = new URL(url);
    if (hostname === address.host && [Number(port), 0].includes(address.port)) return url;
    throw new RefusalError({
      code: "HTTP_DOOR_OPEN",
      message: `the desk is open over HTTP already, at ${url}`,
      remedy: "use that address, or stop the desk with `quantwright down` first",
    });
  }

  /** Ends the sessions of keys that were removed. */
  async forgetRemoved(): Promise<void> {
    const known = new Set(this.#options.keys.list().map(({ hash }) => hash));
    const isKnown = (caller: string): boolean => known.has(caller);
    await this.#open?.door.closeStrangers(isKnown);
    await this.#open?.backends.closeStrangers(isKnown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#open?.served[Symbol.asyncDispose]();
    this.#open = undefined;
  }

  async #listen(address: HttpAddress): Promise<string> {
    const { config, keys, log } = this.#options;
    const backends = new CallerBackends((caller) => this.#backendOf(caller));
    const door = new McpDoor({
      backend: backends,
      host: address.host,
      names: config.settings.http?.names ?? [],
      key: (given) => {
        const owner = keys.ownerOf(given);
        if (owner !== undefined) this.#callers.set(owner.hash, owner);
        return owner?.hash;
      },
      maxRequestBytes: MOST_MESSAGE_BYTES,
      now: () => performance.now(),
      newId: randomUUID,
    });
    const served = await serveHttp(door, address);
    this.#open = { served, door, backends };
    this.#fault = null;
    log(`MCP over HTTP is open at ${served.url}`);
    return served.url;
  }

  #backendOf(caller: string): RelayBackend {
    const { createServer, log } = this.#options;
    const client = this.#callers.get(caller);
    if (client === undefined) throw new Error("a caller without a key");
    const open = serverInProcess(() => createServer(client), log);
    return new RelayBackend({ open, gate: passAllGate, now: () => performance.now(), log: () => undefined });
  }
}
