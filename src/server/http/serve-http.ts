import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { RefusalError } from "../../domain/refusal.ts";
import type { McpDoor } from "./mcp-door.ts";

const KEEP_ALIVE_MILLISECONDS = 75_000;

export interface ServedDoor extends AsyncDisposable {
  /** Where clients find it, such as `http://127.0.0.1:5612/mcp`. */
  readonly url: string;
}

/**
 * Lets a door listen.
 * @param address.port 0 takes any free one.
 * @throws RefusalError `PORT_UNAVAILABLE`.
 */
export async function serveHttp(
  door: McpDoor,
  address: { readonly port: number; readonly host: string },
): Promise<ServedDoor> {
  const { port, host } = address;
  const server = createAdaptorServer({ fetch: door.app.fetch, overrideGlobalObjects: false });
  // Longer than clients keep a connection: one that they are about to use is not closed under their hands.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program uses it" : error.message;
      const refusal = {
        code: "PORT_UNAVAILABLE",
        message: `cannot listen on port ${port}: ${why}`,
        remedy: "choose another port, or end the other program",
      };
      reject(new RefusalError(refusal, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  // An address of a TCP server is never text.
  door.port = (server.address() as AddressInfo).port;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${door.port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await door[Symbol.asyncDispose]();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}
