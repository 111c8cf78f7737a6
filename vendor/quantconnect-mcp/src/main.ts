#!/usr/bin/env node
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { createApiClient } from "./api-client.ts";
import { readSettings } from "./environment.ts";
import { createResultStore } from "./result-store.ts";
import { createServer } from "./server.ts";

/** Project files and objects travel in one message; the library's 10 MB is too small for them. */
const READ_BUFFER_BYTES = 64 * 1024 * 1024;
const KEPT_RESULTS = { entries: 64, characters: 64 * 1024 * 1024 };

const settings = readSettings(process.env);
const context = {
  settings,
  client: createApiClient(settings, () => Date.now()),
  results: createResultStore(KEPT_RESULTS),
  authorizations: new Set<string>(),
};

serveStdio(() => createServer(context), {
  transport: new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: READ_BUFFER_BYTES }),
  onerror: (error) => process.stderr.write(`quantconnect-mcp: ${error.message}\n`),
});
