import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { RefusalError } from "../domain/refusal.ts";

const KEEP_ALIVE_MILLISECONDS = 75_000;

export interface ServedCloud extends AsyncDisposable {
  /** Base of the API, such as `http://127.0.0.1:5612/api/v2`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the cloud over HTTP.
 * @param options.port 0 takes any free one.
 * @throws RefusalError `PORT_UNAVAILABLE`.
 */
export async function serveCloud(options: {
  readonly app: Hono;
  readonly port: number;
  readonly host: string;
}): Promise<ServedCloud> {
  const { app, port, host } = options;
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  // Longer than clients keep a connection: one that they are about to use is not closed under their hands.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(portRefusal(port, error)));
    server.listen(port, host, resolve);
  });
  // An address of a TCP server is never text.
  const { port: taken } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await new Promise((resolve) => {
      server.close(resolve);
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  };
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${taken}/api/v2`, close, [Symbol.asyncDispose]: close };
}

function portRefusal(port: number, error: NodeJS.ErrnoException): RefusalError {
  const why = error.code === "EADDRINUSE" ? "another program uses it" : error.message;
  const refusal = {
    code: "PORT_UNAVAILABLE",
    message: `cannot listen on port ${port}: ${why}`,
    remedy: "choose another one with --port, or end the other program",
  };
  return new RefusalError(refusal, { cause: error });
}
