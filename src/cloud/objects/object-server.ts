import type { ObjectStoreAnswer, ObjectStoreRequest } from "../../lean/live/live-protocol.ts";
import type { ObjectStorage } from "./object-storage.ts";

/** Answers what an algorithm, live or in a backtest, asks of its object store. */
export type ObjectServer = (request: ObjectStoreRequest) => Promise<ObjectStoreAnswer>;

/** Serves the object store of an algorithm from that of its organisation. */
export function objectServer(storage: ObjectStorage): ObjectServer {
  return async (request) => {
    switch (request.op) {
      case "read": {
        const content = await storage.read(request.key);
        return content === undefined
          ? { ok: false, message: `The object store has no ${request.key}` }
          : { ok: true, bytes: Buffer.from(content).toString("base64") };
      }
      case "save": {
        const written = await storage.write(request.key, Buffer.from(request.bytes, "base64"));
        return written.ok ? { ok: true } : { ok: false, message: written.error };
      }
      case "delete":
        return { ok: await storage.delete(request.key) };
      case "contains":
        return { ok: (await storage.properties(request.key)) !== undefined };
      case "keys":
        return { ok: true, keys: (await storage.under("/")).map(({ key }) => key) };
    }
  };
}
