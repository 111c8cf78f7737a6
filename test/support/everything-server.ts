/**
 * A server that offers everything the protocol has, for the conformance suite and the relay's tests. On standard
 * streams, or with `--http PORT` straight over HTTP; it says its address on standard error.
 */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import {
  createMcpHandler,
  createRequestStateCodec,
  hostHeaderValidationResponse,
  inputRequired,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  McpServer,
  originValidationResponse,
  ResourceNotFoundError,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
  completable,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
import { addAskingTools, addPlainTools, addStatefulTools, addTalkingTools, PIXEL } from "./everything-tools.ts";

const codec = createRequestStateCodec({ key: randomUUID() });

/** What one instance cannot tell the others by itself: over HTTP each request has its own. */
interface Announcer {
  toolsChanged(): void;
  promptsChanged(): void;
}

function createEverything(announcer?: Announcer): McpServer {
  const server = new McpServer(
    { name: "everything", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: (state, context) => codec.verify(state, context) },
    },
  );
  const announce = announcer ?? {
    toolsChanged: () => server.sendToolListChanged(),
    promptsChanged: () => server.sendPromptListChanged(),
  };
  addPlainTools(server);
  addTalkingTools(server);
  addAskingTools(server);
  addStatefulTools(server, codec);
  server.registerTool("test_trigger_tool_change", { description: "test_trigger_tool_change" }, () => {
    announce.toolsChanged();
    return { content: [{ type: "text", text: "tools changed" }] };
  });
  server.registerTool("test_trigger_prompt_change", { description: "test_trigger_prompt_change" }, () => {
    announce.promptsChanged();
    return { content: [{ type: "text", text: "prompts changed" }] };
  });
  addResources(server);
  addPrompts(server);
  // McpServer tracks no subscriptions of the 2025 protocols by itself.
  server.server.setRequestHandler("resources/subscribe", () => ({}));
  server.server.setRequestHandler("resources/unsubscribe", () => ({}));
  return server;
}

function addResources(server: McpServer): void {
  server.registerResource(
    "static-text",
    "test://static-text",
    { mimeType: "text/plain", description: "Text" },
    (uri) => ({
      contents: [{ uri: uri.href, mimeType: "text/plain", text: "This is the content of the static text resource." }],
    }),
  );
  server.registerResource(
    "static-binary",
    "test://static-binary",
    { mimeType: "image/png", description: "PNG" },
    (uri) => ({
      contents: [{ uri: uri.href, mimeType: "image/png", blob: PIXEL }],
    }),
  );
  server.registerResource(
    "watched",
    "test://watched-resource",
    { mimeType: "text/plain", description: "Watch" },
    (uri) => ({
      contents: [{ uri: uri.href, mimeType: "text/plain", text: "watched" }],
    }),
  );
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { mimeType: "application/json", description: "Template" },
    (uri, { id }) => {
      if (typeof id !== "string") throw new ResourceNotFoundError(uri.href);
      const data = { id, templateTest: true, data: `Data for ID: ${id}` };
      return { contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(data) }] };
    },
  );
}

function addPrompts(server: McpServer): void {
  const said = (value: string): { role: "user"; content: { type: "text"; text: string } } => ({
    role: "user",
    content: { type: "text", text: value },
  });
  server.registerPrompt("test_simple_prompt", { description: "test_simple_prompt" }, () => ({
    messages: [said("This is a simple prompt for testing.")],
  }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "has arguments",
      argsSchema: z.object({
        arg1: completable(z.string(), (value) => ["paris", "park", "party"].filter((one) => one.startsWith(value))),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "embeds", argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: "user",
          content: {
            type: "resource",
            resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
          },
        },
        said("Please process the embedded resource above."),
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "test_prompt_with_image" }, () => ({
    messages: [
      { role: "user", content: { type: "image", data: PIXEL, mimeType: "image/png" } },
      said("Please analyze the image above."),
    ],
  }));
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "test_input_required_result_prompt" },
    (context: ServerContext) => {
      if (context.mcpReq.inputResponses !== undefined) return { messages: [said("With the context that you gave")] };
      const form = {
        message: "What context should the prompt use?",
        requestedSchema: { type: "object", properties: { context: { type: "string" } }, required: ["context"] },
      };
      return inputRequired({ inputRequests: { user_context: inputRequired.elicit(form as never) } });
    },
  );
}

/** The same server over HTTP as its library offers it, both eras: what conformance is without a relay. */
async function serveDirectly(port: number): Promise<void> {
  let announcer: Announcer | undefined;
  const modern = createMcpHandler(() => createEverything(announcer), { legacy: "reject" });
  announcer = modern.notify;
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const inSession = async (request: Request): Promise<Response> => {
    const id = request.headers.get("mcp-session-id");
    const known = id === null ? undefined : sessions.get(id);
    if (known !== undefined) return known.handleRequest(request);
    if (id !== null) return new Response(null, { status: 404 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (made) => void sessions.set(made, transport),
      onsessionclosed: (gone) => void sessions.delete(gone),
    });
    await createEverything().connect(transport);
    return transport.handleRequest(request);
  };
  const server = createAdaptorServer({
    overrideGlobalObjects: false,
    fetch: async (request) =>
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins()) ??
      ((await isLegacyRequest(request)) ? inSession(request) : modern.fetch(request)),
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  process.stderr.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp\n`);
}

const http = process.argv.indexOf("--http");
if (http >= 0) await serveDirectly(Number(process.argv[http + 1] ?? 0));
else serveStdio(() => createEverything());
