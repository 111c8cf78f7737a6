import { Buffer } from "node:buffer";
import { checkedKey } from "../../lean/object-store.ts";
import { text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";

/** The object store; contents travel as base64. */
export function objectStoreOperations({ algorithm }: OperationContext): Operations {
  const key = (value: unknown): string => checkedKey(text(value));
  const store = (): OperationContext["algorithm"]["objectStore"] => algorithm.objectStore;
  return {
    "store.contains": (name) => store().containsKey(key(name)),
    "store.read": (name) => {
      const bytes = store().readBytes(key(name));
      return bytes === undefined ? undefined : Buffer.from(bytes).toString("base64");
    },
    "store.save": (name, content) =>
      store().saveBytes(key(name), Uint8Array.from(Buffer.from(text(content), "base64"))),
    "store.delete": (name) => store().delete(key(name)),
    "store.keys": () => JSON.stringify(store().keys()),
  };
}
