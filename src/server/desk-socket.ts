import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { parseJson } from "../domain/parse-json.ts";
import { nextLine } from "./first-line.ts";
import {
  greetingSchema,
  isProof,
  openingSchema,
  proofOf,
  type Greeting,
  type Opening,
  type PrincipalKind,
} from "./socket-handshake.ts";

export interface DeskSocketOptions {
  readonly path: string;
  readonly version: string;
  readonly home: string;
  readonly profile: string;
  readonly keys: Readonly<Record<PrincipalKind, string>>;
  readonly onOpen: (socket: Socket, opening: Opening) => void;
  readonly log: (message: string) => void;
}

const HANDSHAKE_MILLISECONDS = 5000;
const MOST_CONNECTIONS = 256;

/** The desk's door for programs of this machine: a socket in a private folder, opened by proof of a key. */
export async function openDeskSocket(options: DeskSocketOptions): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  // Whoever holds the desk's lock owns the path; what lies there is left from a dead desk.
  if (process.platform !== "win32") rmSync(options.path, { force: true });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    void admit(socket, options).catch(() => socket.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.path, () => resolve());
  });
  server.on("error", (error) => options.log(`socket: ${error.message}`));
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function admit(socket: Socket, options: DeskSocketOptions): Promise<void> {
  const nonce = randomBytes(24).toString("hex");
  const greeting: Greeting = greetingSchema.parse({
    quantwright: options.version,
    nonce,
    pid: process.pid,
    home: options.home,
    profile: options.profile,
  });
  socket.write(`${JSON.stringify(greeting)}\n`);
  const opening = openingSchema.safeParse(parseJson(await nextLine(socket, HANDSHAKE_MILLISECONDS)));
  // Operators' decisions, the record and the desk's life are the shell's business, not an MCP client's.
  const mayOpen = opening.success && (opening.data.channel === "mcp" || opening.data.kind === "cli");
  if (!mayOpen || !isProof(opening.data.proof, proofOf(options.keys[opening.data.kind], { nonce, ...opening.data }))) {
    socket.end(
      `${JSON.stringify({ ok: false, code: "SOCKET_DENIED", message: "the desk does not know this client's key", remedy: "use the data directory that the desk was started with" })}\n`,
    );
    return;
  }
  socket.write(`${JSON.stringify({ ok: true })}\n`);
  options.onOpen(socket, opening.data);
}
