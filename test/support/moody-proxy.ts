import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A real HTTP proxy in front of one address, which can go away, and answer for what it cannot reach. */
export interface MoodyProxy extends AsyncDisposable {
  readonly url: string;
  /** Every status that it passed on or made, in order. */
  readonly statuses: readonly number[];
  /** Passes requests on. */
  up(): Promise<void>;
  /** Ends every connection and listens no more. */
  down(): Promise<void>;
  /** Listens, and answers everything with 502 and a page. */
  bad(): Promise<void>;
}

export async function openMoodyProxy(target: string): Promise<MoodyProxy> {
  const statuses: number[] = [];
  let isBad = false;
  let port = 0;
  let server: Server | undefined;
  const serve = (incoming: IncomingMessage, answer: ServerResponse): void => {
    if (isBad) return refuse(answer);
    const headers = { ...incoming.headers, host: new URL(target).host };
    const onward = request(target, { method: incoming.method, headers }, (reply) => {
      statuses.push(reply.statusCode ?? 0);
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      answer.flushHeaders();
      reply.pipe(answer);
      reply.on("error", () => answer.destroy());
      reply.on("aborted", () => answer.destroy());
    });
    onward.on("error", () => (answer.headersSent ? answer.destroy() : refuse(answer)));
    answer.on("close", () => onward.destroy());
    incoming.pipe(onward);
  };
  const refuse = (answer: ServerResponse): void => {
    statuses.push(502);
    answer.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");
  };
  const listen = async (): Promise<void> => {
    if (server !== undefined) return;
    const made = createServer(serve);
    await new Promise<void>((resolve) => made.listen(port, "127.0.0.1", resolve));
    port = (made.address() as AddressInfo).port;
    server = made;
  };
  const down = async (): Promise<void> => {
    const ending = server;
    server = undefined;
    if (ending === undefined) return;
    const closed = new Promise((resolve) => ending.close(resolve));
    ending.closeAllConnections();
    await closed;
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    statuses,
    up: async () => {
      isBad = false;
      await listen();
    },
    bad: async () => {
      isBad = true;
      await down();
      await listen();
    },
    down,
    [Symbol.asyncDispose]: down,
  };
}
