/** The relay without what decides and records: what its own work costs. `[--http]` and the server's command line. */
import { randomUUID } from "node:crypto";
import { openChildChannel } from "../src/clients/relay/child-channel.ts";
import { McpDoor } from "../src/server/http/mcp-door.ts";
import { serveHttp } from "../src/server/http/serve-http.ts";
import { passAllGate } from "../src/server/relay/pass-all-gate.ts";
import { RelayBackend } from "../src/server/relay/relay-backend.ts";
import type { OpenUpstream } from "../src/server/relay/relay-ports.ts";
import { serveStdioRelay } from "../src/server/relay/serve-stdio.ts";

const MOST_BYTES = 16 * 1024 * 1024;
const isHttp = process.argv[2] === "--http";
const [command = "", ...args] = process.argv.slice(isHttp ? 3 : 2);
const server = { name: "server", command, args, env: { PATH: process.env["PATH"] ?? "" } };
const log = (): void => undefined;
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
const open: OpenUpstream = (events) =>
  openChildChannel({ server, registry: { register: () => log }, maxAnswerBytes: MOST_BYTES, log }, events);
const shared = { open, gate: passAllGate, maxRequestBytes: MOST_BYTES, now: () => performance.now(), log };

if (isHttp) {
  const address = { host: "127.0.0.1", port: 0 };
  const door = new McpDoor({
    ...shared,
    ...address,
    backend: new RelayBackend(shared),
    key: undefined,
    newId: randomUUID,
  });
  await using served = await serveHttp(door, address);
  process.stdout.write(`${served.url}\n`);
  await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
} else await serveStdioRelay({ ...shared, input: process.stdin, output: process.stdout, stop: stop.signal });
process.exit();
