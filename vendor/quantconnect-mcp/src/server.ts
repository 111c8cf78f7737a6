import { McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import { callTool, type CallContext } from "./call-tool.ts";
import { RESULT_SCHEME, type ResultStore } from "./result-store.ts";
import { SERVER_VERSION } from "./server-version.ts";
import { toolInput } from "./tool-input.ts";
import { ALL_TOOLS } from "./tools/all-tools.ts";

const INSTRUCTIONS = [
  "Tools for QuantConnect's cloud: projects and files, compiling, backtests, optimisations, live algorithms, object store.",
  "Order of work: create_project, update_file_contents of main.py (it exists already), create_compile, read_compile until",
  "BuildSuccess, create_backtest with that compileId, read_backtest until completed.",
  "Backtests, optimisations and live algorithms use paid nodes of the organisation. Live tools trade real money unless the",
  "brokerage is QuantConnectBrokerage (paper).",
  "Answers over 32,000 characters come as a summary with the whole as a resource.",
].join(" ");

/** One server instance; the protocol library asks for one per connection. All share `context`. */
export function createServer(context: CallContext): McpServer {
  const server = new McpServer(
    { name: "quantconnect-mcp", title: "QuantConnect", version: SERVER_VERSION },
    { capabilities: { tools: {}, resources: {} }, instructions: INSTRUCTIONS },
  );
  for (const tool of ALL_TOOLS) {
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: toolInput(tool),
        // Without the title again: it would cost a client 600 tokens.
        annotations: { ...tool.effects },
      },
      (checked, ctx) => callTool(tool, checked, { ...context, signal: ctx.mcpReq.signal }),
    );
  }
  registerResults(server, context.results);
  return server;
}

function registerResults(server: McpServer, results: ResultStore): void {
  const list = () => ({
    resources: results.list().map(({ uri, tool, characters, chunks }) => ({
      uri,
      name: `${tool} result`,
      description: `${characters} characters in ${chunks} parts`,
      mimeType: "application/json",
    })),
  });
  const read = (uri: URL) => {
    const [, id = "", part = "index"] = /^[^:]+:\/\/([^/]+)(?:\/(.+))?$/.exec(uri.href) ?? [];
    const text = results.read(id, part);
    if (text === undefined) {
      throw new Error(
        `No result at ${uri.href}: it was dropped to save memory, or has fewer parts. Call its tool again.`,
      );
    }
    const mimeType = part === "index" || part === "full" ? "application/json" : "text/plain";
    return { contents: [{ uri: uri.href, mimeType, text }] };
  };
  server.registerResource(
    "result",
    new ResourceTemplate(`${RESULT_SCHEME}://{id}`, { list }),
    { title: "Long result", description: "What parts a long tool answer has" },
    read,
  );
  server.registerResource(
    "result-part",
    new ResourceTemplate(`${RESULT_SCHEME}://{id}/{part}`, { list: undefined }),
    { title: "Part of a long result", description: "Part 1, 2, … of a long tool answer, or `full` for all of it" },
    read,
  );
}
