/**
 * The floor of serving a stdio server over HTTP: a bare HTTP server that hands each body to the child as a line and
 * gives the line back, with no protocol at all. Whoever serves MCP over HTTP pays at least this.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

const [command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const waiting: ((line: string) => void)[] = [];
createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));

const server = createServer((request, response) => {
  void text(request).then((body) => {
    response.setHeader("content-type", "application/json");
    if (!body.includes('"id"')) {
      child.stdin.write(`${body}\n`);
      response.writeHead(202).end();
      return;
    }
    waiting.push((line) => response.end(line));
    child.stdin.write(`${body}\n`);
  });
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp\n`),
);
process.once("SIGTERM", () => {
  child.kill();
  process.exit();
});
