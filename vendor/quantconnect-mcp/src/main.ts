#!/usr/bin/env node
import { setTimeout as delay } from "node:timers/promises";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { createApiClient } from "./api-client.ts";
import { limitedClient } from "./limited-client.ts";
import { readSettings } from "./environment.ts";
import { createResultStore } from "./result-store.ts";
import { createServer } from "./server.ts";

/** Project files and objects travel in one message; the library's 10 MB is too small for them. */
const READ_BUFFER_BYTES = 64 * 1024 * 1024;
const KEPT_RESULTS = { entries: 64, characters: 64 * 1024 * 1024 };

const settings = readSettings(process.env);
const everyCall = createApiClient(settings, () => Date.now());
/** All calls of this process are one account's. */
const client =
  settings.callsPerSecond === undefined
    ? everyCall
    : limitedClient(everyCall, settings.callsPerSecond, { now: () => performance.now(), wait: (ms) => delay(ms) });
const context = {
  settings,
  client,
  results: createResultStore(KEPT_RESULTS),
  authorizations: new Set<string>(),
};

serveStdio(() => createServer(context), {
  transport: new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: READ_BUFFER_BYTES }),
  onerror: (error) => process.stderr.write(`quantconnect-mcp: ${error.message}\n`),
});
