import { isObject, metaOf, type JsonObject, type RpcId, type RpcNotification } from "../../domain/json-rpc.ts";

const SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";
const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
const CHANGES: Readonly<Record<string, string>> = {
  toolsListChanged: "notifications/tools/list_changed",
  promptsListChanged: "notifications/prompts/list_changed",
  resourcesListChanged: "notifications/resources/list_changed",
};

/** The id of the listen that a notification belongs to. */
export function subscriptionOf(notification: RpcNotification): unknown {
  return metaOf(notification.params)?.[SUBSCRIPTION_ID];
}

export function withSubscription<Message extends RpcNotification>(notification: Message, id: RpcId): Message {
  const meta = { ...metaOf(notification.params), [SUBSCRIPTION_ID]: id };
  return { ...notification, params: { ...notification.params, _meta: meta } };
}

/** The result that ends a listen names it too. */
export function resultWithSubscription(result: JsonObject, id: RpcId): JsonObject {
  const meta = isObject(result["_meta"]) ? result["_meta"] : undefined;
  return meta?.[SUBSCRIPTION_ID] === undefined ? result : { ...result, _meta: { ...meta, [SUBSCRIPTION_ID]: id } };
}

/** One open `subscriptions/listen`: what was granted, so that a server that came back can be treated as changed. */
export class ListenState {
  #granted: JsonObject | undefined;

  /** What to tell the client for a notification of the listen: a second acknowledgement means that lists may differ. */
  heard(notification: RpcNotification): readonly RpcNotification[] {
    if (notification.method !== ACKNOWLEDGED) return [notification];
    const known = this.#granted !== undefined;
    const granted = notification.params?.["notifications"];
    this.#granted = isObject(granted) ? granted : {};
    if (!known) return [notification];
    return Object.entries(CHANGES)
      .filter(([kind]) => this.#granted?.[kind] === true)
      .map(([, method]) => ({ jsonrpc: "2.0", method, params: {} }));
  }
}
