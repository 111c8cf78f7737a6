import { Buffer } from "node:buffer";
import { AlgorithmError } from "../lean/algorithm/algorithm-error.ts";
import { MAX_OBJECT_BYTES, type ObjectStoreAnswer, type ObjectStoreRequest } from "../lean/live/live-protocol.ts";
import type { ObjectStore } from "../lean/object-store.ts";
import type { MessagePipe } from "./message-pipe.ts";

/** The object store that the supervisor keeps; each call waits for its answer. */
export class RemoteObjectStore implements ObjectStore {
  readonly #pipe: MessagePipe;

  constructor(pipe: MessagePipe) {
    this.#pipe = pipe;
  }

  containsKey(key: string): boolean {
    return this.#ask({ op: "contains", key }).ok;
  }

  readBytes(key: string): Uint8Array | undefined {
    const { ok, bytes } = this.#ask({ op: "read", key });
    return ok && bytes !== undefined ? Uint8Array.from(Buffer.from(bytes, "base64")) : undefined;
  }

  saveBytes(key: string, bytes: Uint8Array): void {
    if (bytes.length > MAX_OBJECT_BYTES) {
      throw new AlgorithmError(`an object may have ${MAX_OBJECT_BYTES} bytes, ${key} has ${bytes.length}`);
    }
    const { ok, message } = this.#ask({ op: "save", key, bytes: Buffer.from(bytes).toString("base64") });
    if (!ok) throw new AlgorithmError(`the object store did not take ${key}: ${message ?? "it gave no reason"}`);
  }

  delete(key: string): boolean {
    return this.#ask({ op: "delete", key }).ok;
  }

  keys(): string[] {
    return (this.#ask({ op: "keys" }).keys ?? []).toSorted();
  }

  #ask(request: ObjectStoreRequest): ObjectStoreAnswer {
    this.#pipe.send({ type: "object-store", request });
    const reply = this.#pipe.receive();
    if (reply?.type === "object-store-answer") return reply.answer;
    throw new Error(`the supervisor answered a request to the object store with ${reply?.type ?? "its end"}`);
  }
}
