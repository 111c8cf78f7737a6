import { isObject, type JsonObject, type RpcNotification, type RpcRequest } from "../../domain/json-rpc.ts";

const LIST_CHANGED = ["tools", "prompts", "resources"] as const;

/**
 * What a new server process has to be told that the old one knew: the handshake of the 2025 protocols, the log level and
 * the subscriptions.
 */
export class UpstreamMemory {
  #initialize: RpcRequest | undefined;
  #initialized: RpcNotification | undefined;
  #logLevel: RpcRequest | undefined;
  readonly #subscriptions = new Map<string, RpcRequest>();
  #capabilities: JsonObject = {};

  /** The handshake to replay; undefined before there was one. */
  get handshake(): RpcRequest | undefined {
    return this.#initialize;
  }

  /** What follows the answer to the handshake. */
  get afterHandshake(): readonly (RpcRequest | RpcNotification)[] {
    return [this.#initialized, this.#logLevel, ...this.#subscriptions.values()].filter((one) => one !== undefined);
  }

  /** Remembers a request that was answered with a result. */
  answered(request: RpcRequest, result: JsonObject): void {
    const uri = request.params?.["uri"];
    if (request.method === "initialize") {
      this.#initialize = request;
      this.#capabilities = isObject(result["capabilities"]) ? result["capabilities"] : {};
    } else if (request.method === "logging/setLevel") this.#logLevel = request;
    else if (request.method === "resources/subscribe" && typeof uri === "string") this.#subscriptions.set(uri, request);
    else if (request.method === "resources/unsubscribe" && typeof uri === "string") this.#subscriptions.delete(uri);
  }

  notified(notification: RpcNotification): void {
    if (notification.method === "notifications/initialized") this.#initialized = notification;
  }

  /** The notifications that tell a client of the 2025 protocols to list again what the server may have changed. */
  get listChanges(): readonly RpcNotification[] {
    return LIST_CHANGED.filter((kind) => {
      const declared = this.#capabilities[kind];
      return isObject(declared) && declared["listChanged"] === true;
    }).map((kind) => ({ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` }));
  }
}
