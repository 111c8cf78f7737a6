import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Waits on this machine for the answer of a login in the browser. */
export interface LoopbackListener extends AsyncDisposable {
  readonly url: string;
  /** The parameters of the first answer whose state is the one that was given out. */
  readonly answer: Promise<URLSearchParams>;
}

/** Listens on a free port of 127.0.0.1. Requests with another state, path or host are turned away. */
export async function listenForLogin(state: string): Promise<LoopbackListener> {
  const { promise: answer, resolve } = Promise.withResolvers<URLSearchParams>();
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const url = new URL(request.url ?? "/", `http://127.0.0.1:${port}`);
    const isOurs = url.pathname === "/callback" && request.headers.host === `127.0.0.1:${port}`;
    if (!isOurs || request.method !== "GET") return say(response, 404, "Nothing is here.");
    if (url.searchParams.get("state") !== state) return say(response, 400, "This is not the login that was begun.");
    resolve(url.searchParams);
    return say(response, 200, "The answer has arrived. You can close this page and go back to the terminal.");
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/callback`,
    answer,
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      });
    },
  };
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" }).end(`${text}\n`);
}
