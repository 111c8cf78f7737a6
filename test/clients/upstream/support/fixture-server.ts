/** A small MCP server whose tools misbehave when asked to. */
import { spawn } from "node:child_process";
import { appendFileSync, closeSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const { DIES_AT_START: counterFile, LEFT: left = "0", JOURNAL: journal, FIRST: first } = process.env;

// Only the first instance that finds no file of this name is like itself.
const isOdd = first !== undefined && existsSync(first);
if (first !== undefined) writeFileSync(first, "");

// Dies at its first starts, as often as it was told.
if (counterFile !== undefined) {
  const started = existsSync(counterFile) ? Number(readFileSync(counterFile, "utf8")) : 0;
  writeFileSync(counterFile, String(started + 1));
  if (started < Number(left)) {
    process.stderr.write("cannot start today\n");
    process.exit(3);
  }
}

const note = (text: string): void => {
  if (journal !== undefined) appendFileSync(journal, `${text}\n`);
};
const text = (value: string): { content: { type: "text"; text: string }[] } => ({
  content: [{ type: "text", text: value }],
});

function createServer(): McpServer {
  const server = new McpServer({ name: "fixture", version: "1" }, { capabilities: { tools: {} } });
  const empty = z.object({});
  server.registerTool("pid", { inputSchema: empty }, () => text(String(process.pid)));
  if (isOdd) server.registerTool("extra", { inputSchema: empty }, () => text("extra"));
  const description = isOdd ? "Another one." : "The same.";
  if (first !== undefined)
    server.registerTool("described", { inputSchema: empty, description }, () => text("described"));
  server.registerTool("environment", { inputSchema: empty }, () => text(JSON.stringify(process.env)));
  server.registerTool("hang", { inputSchema: empty }, async (_, context) => {
    note("hang begins");
    context.mcpReq.signal.addEventListener("abort", () => note("hang cancelled"));
    await delay(60_000, undefined, { ref: false });
    return text("late");
  });
  server.registerTool("leave_heir", { inputSchema: empty }, () => {
    // Holds our output open, in our group.
    const heir = spawn("sleep", ["60"], { stdio: ["ignore", "inherit", "inherit"] });
    return text(String(heir.pid));
  });
  server.registerTool("large", { inputSchema: z.object({ characters: z.int() }) }, ({ characters }) =>
    text("x".repeat(characters)),
  );
  server.registerTool("length", { inputSchema: z.object({ of: z.string() }) }, ({ of }) => text(String(of.length)));
  server.registerTool("complain", { inputSchema: z.object({ parts: z.array(z.string()) }) }, async ({ parts }) => {
    for (const part of parts) {
      process.stderr.write(part);
      await delay(20);
    }
    return text("done");
  });
  server.registerTool("slow", { inputSchema: z.object({ steps: z.int(), each: z.int() }) }, async (args, context) => {
    const token = context.mcpReq._meta?.progressToken;
    for (let step = 1; step <= args.steps; step += 1) {
      await delay(args.each);
      if (token === undefined) continue;
      const params = { progressToken: token, progress: step, total: args.steps };
      await context.mcpReq.notify({ method: "notifications/progress", params });
    }
    return text("done");
  });
  server.registerTool("deafen", { inputSchema: empty }, () => {
    // Lives on and could speak, but listens no more.
    setInterval(() => undefined, 1000);
    setImmediate(() => closeSync(0));
    return text("what?");
  });
  server.registerTool("last_words", { inputSchema: empty }, () => {
    setImmediate(() => process.exit(0));
    return text("farewell");
  });
  return server;
}

serveStdio(createServer, {
  transport: new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: 64 * 1024 * 1024 }),
});
