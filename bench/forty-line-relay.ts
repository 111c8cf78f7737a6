/** What one writes in an afternoon: a relay of tools between a client and a server of the same library. */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Server } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

const [command = "", ...args] = process.argv.slice(2);
const client = new Client({ name: "relay", version: "1" }, { capabilities: {} });
await client.connect(new StdioClientTransport({ command, args, stderr: "ignore" }));

const server = new Server({ name: "relay", version: "1" }, { capabilities: { tools: {} } });
server.setRequestHandler("tools/list", async (request) => (await client.listTools(request.params)) as never);
server.setRequestHandler(
  "tools/call",
  async ({ params }, context) =>
    (await client.callTool(
      { name: params.name, arguments: params.arguments ?? {} },
      { signal: context.mcpReq.signal },
    )) as never,
);
// oxlint-disable-next-line unicorn/prefer-add-event-listener -- the library has this one only
server.onclose = () => void client.close();
await server.connect(new StdioServerTransport());
