import { setTimeout as delay } from "node:timers/promises";
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  fromJsonSchema,
  inputRequired,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";

/** A PNG of one red pixel. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** A WAV file without samples. */
const SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

const text = (value: string): { content: { type: "text"; text: string }[] } => ({
  content: [{ type: "text", text: value }],
});
const shown = ({ action, content }: { action: string; content?: unknown }): string =>
  `action=${action}, content=${JSON.stringify(content ?? {})}`;

const WITH_RICH_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  // As text, because an object with a member "then" is taken for a promise.
  ...(parseJson(
    '{"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},"else":{"required":["email"]}}',
  ) as object),
  additionalProperties: false,
} as const;

const NAME_FORM = {
  message: "What is your name?",
  requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
} as const;
const QUESTION = {
  messages: [{ role: "user", content: { type: "text", text: "What is the capital of France?" } }],
  maxTokens: 100,
} as const;

/** Tools with fixed answers. */
export function addPlainTools(server: McpServer): void {
  server.registerTool("test_simple_text", { description: "test_simple_text" }, () =>
    text("This is a simple text response for testing."),
  );
  server.registerTool("test_image_content", { description: "test_image_content" }, () => ({
    content: [{ type: "image", data: PIXEL, mimeType: "image/png" }],
  }));
  server.registerTool("test_audio_content", { description: "test_audio_content" }, () => ({
    content: [{ type: "audio", data: SILENCE, mimeType: "audio/wav" }],
  }));
  server.registerTool("test_embedded_resource", { description: "test_embedded_resource" }, () => ({
    content: [
      {
        type: "resource",
        resource: {
          uri: "test://embedded-resource",
          mimeType: "text/plain",
          text: "This is an embedded resource content.",
        },
      },
    ],
  }));
  server.registerTool("test_multiple_content_types", { description: "test_multiple_content_types" }, () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      { type: "image", data: PIXEL, mimeType: "image/png" },
      {
        type: "resource",
        resource: {
          uri: "test://mixed-content-resource",
          mimeType: "application/json",
          text: '{"test":"data","value":123}',
        },
      },
    ],
  }));
  server.registerTool("test_error_handling", { description: "test_error_handling" }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  server.registerTool(
    "json_schema_2020_12_tool",
    { description: "Rich schema", inputSchema: fromJsonSchema(WITH_RICH_SCHEMA as never) },
    () => text("valid"),
  );
  server.registerTool(
    "test_x_mcp_header",
    {
      description: "Wants an argument in a header",
      inputSchema: fromJsonSchema({
        type: "object",
        properties: { region: { type: "string", "x-mcp-header": "Region" }, note: { type: "string" } },
        required: ["region"],
      } as never),
    },
    (args) => text(JSON.stringify(args)),
  );
}

/** Tools that speak while they work: progress, log lines, changes, questions in the midst of a call. */
export function addTalkingTools(server: McpServer): void {
  server.registerTool(
    "test_tool_with_logging",
    { description: "test_tool_with_logging" },
    async (context: ServerContext) => {
      for (const line of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        await context.mcpReq.log("info", line);
        await delay(50);
      }
      return text("logged");
    },
  );
  server.registerTool("test_logging_tool", { description: "test_logging_tool" }, async (context: ServerContext) => {
    await context.mcpReq.log("info", "a line that only those get who asked for it");
    return text("logged");
  });
  server.registerTool(
    "test_tool_with_progress",
    { description: "test_tool_with_progress" },
    async (context: ServerContext) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await context.mcpReq.notify({
            method: "notifications/progress",
            params: { progressToken, progress, total: 100 },
          });
        await delay(50);
      }
      return text("done");
    },
  );
  server.registerTool(
    "test_sampling",
    { description: "asks", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, context: ServerContext) => {
      const answer = await context.mcpReq.requestSampling({
        messages: [{ role: "user", content: { type: "text", text: prompt } }],
        maxTokens: 100,
      });
      return text(`LLM response: ${JSON.stringify(answer.content)}`);
    },
  );
  server.registerTool(
    "test_elicitation",
    { description: "asks", inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context: ServerContext) => {
      const answer = await context.mcpReq.elicitInput({
        message,
        requestedSchema: {
          type: "object",
          properties: {
            username: { type: "string", description: "User's response" },
            email: { type: "string", description: "User's email address" },
          },
          required: ["username", "email"],
        },
      });
      return text(`User response: ${shown(answer)}`);
    },
  );
  server.registerTool(
    "test_elicitation_sep1034_defaults",
    { description: "test_elicitation_sep1034_defaults" },
    async (context: ServerContext) => {
      const answer = await context.mcpReq.elicitInput({
        message: "Defaults",
        requestedSchema: {
          type: "object",
          properties: {
            name: { type: "string", default: "John Doe" },
            age: { type: "integer", default: 30 },
            score: { type: "number", default: 95.5 },
            status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
            verified: { type: "boolean", default: true },
          },
        },
      });
      return text(`Elicitation completed: ${shown(answer)}`);
    },
  );
  server.registerTool(
    "test_elicitation_sep1330_enums",
    { description: "test_elicitation_sep1330_enums" },
    async (context: ServerContext) => {
      const titled = [1, 2, 3].map((one) => ({ const: `value${one}`, title: `Option ${one}` }));
      const plain = ["option1", "option2", "option3"];
      const answer = await context.mcpReq.elicitInput({
        message: "Choices",
        requestedSchema: {
          type: "object",
          properties: {
            untitledSingle: { type: "string", enum: plain },
            titledSingle: { type: "string", oneOf: titled },
            legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["One", "Two", "Three"] },
            untitledMulti: { type: "array", items: { type: "string", enum: plain } },
            titledMulti: { type: "array", items: { anyOf: titled } },
          },
        },
      });
      return text(`Elicitation completed: ${shown(answer)}`);
    },
  );
  server.registerTool("test_reconnection", { description: "test_reconnection" }, async (context: ServerContext) => {
    context.http?.closeSSE?.();
    await delay(100);
    return text("Reconnected");
  });
}

const capabilitiesOf = (context: ServerContext): Record<string, unknown> => {
  const envelope = context.mcpReq.envelope as Record<string, unknown> | undefined;
  return (envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Record<string, unknown>;
};

/** Tools of the protocol without sessions, which asks by its results. */
export function addAskingTools(server: McpServer): void {
  const nameOf = (context: ServerContext, key: string): unknown =>
    acceptedContent(context.mcpReq.inputResponses, key)?.["name"];
  // The library refuses to ask a client for what it did not declare.
  server.registerTool("test_missing_capability", { description: "test_missing_capability" }, () =>
    inputRequired({ inputRequests: { question: inputRequired.createMessage(QUESTION as never) } }),
  );
  server.registerTool("test_streaming_elicitation", { description: "test_streaming_elicitation" }, () =>
    inputRequired({ inputRequests: { user_name: inputRequired.elicit(NAME_FORM as never) } }),
  );
  server.registerTool(
    "test_input_required_result_elicitation",
    { description: "test_input_required_result_elicitation" },
    (context: ServerContext) => {
      const name = nameOf(context, "user_name");
      if (typeof name === "string") return text(`Hello, ${name}!`);
      return inputRequired({ inputRequests: { user_name: inputRequired.elicit(NAME_FORM as never) } });
    },
  );
  server.registerTool(
    "test_input_required_result_sampling",
    { description: "test_input_required_result_sampling" },
    (context: ServerContext) => {
      const answer = context.mcpReq.inputResponses?.["capital_question"];
      if (answer !== undefined) return text(JSON.stringify(answer));
      return inputRequired({ inputRequests: { capital_question: inputRequired.createMessage(QUESTION as never) } });
    },
  );
  server.registerTool(
    "test_input_required_result_list_roots",
    { description: "test_input_required_result_list_roots" },
    (context: ServerContext) => {
      const answer = context.mcpReq.inputResponses?.["client_roots"];
      if (answer !== undefined) return text(JSON.stringify(answer));
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  );
  server.registerTool(
    "test_input_required_result_capabilities",
    { description: "test_input_required_result_capabilities" },
    (context: ServerContext) => {
      const { sampling, elicitation } = capabilitiesOf(context);
      const inputRequests = {
        ...(sampling === undefined ? {} : { question: inputRequired.createMessage(QUESTION as never) }),
        ...(elicitation === undefined ? {} : { form: inputRequired.elicit(NAME_FORM as never) }),
      };
      return Object.keys(inputRequests).length === 0 ? text("nothing can be asked") : inputRequired({ inputRequests });
    },
  );
}

/** Tools of the same kind that carry state; `state` seals and opens it. */
export function addStatefulTools(
  server: McpServer,
  state: { readonly mint: (payload: { step: number }) => Promise<string> },
): void {
  const stepOf = (context: ServerContext): number | undefined => context.mcpReq.requestState<{ step: number }>()?.step;
  const confirm = (): ReturnType<typeof inputRequired.elicit> =>
    inputRequired.elicit({
      message: "Please confirm",
      requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
    } as never);
  for (const name of ["test_input_required_result_request_state", "test_input_required_result_tampered_state"]) {
    server.registerTool(name, { description: name }, async (context: ServerContext) => {
      if (stepOf(context) === 1 && context.mcpReq.inputResponses !== undefined) return text("state-ok");
      return inputRequired({ inputRequests: { confirm: confirm() }, requestState: await state.mint({ step: 1 }) });
    });
  }
  server.registerTool(
    "test_input_required_result_multiple_inputs",
    { description: "test_input_required_result_multiple_inputs" },
    async (context: ServerContext) => {
      const given = context.mcpReq.inputResponses ?? {};
      if (["user_name", "greeting", "client_roots"].every((key) => key in given)) return text(JSON.stringify(given));
      return inputRequired({
        inputRequests: {
          user_name: inputRequired.elicit(NAME_FORM as never),
          greeting: inputRequired.createMessage(QUESTION as never),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await state.mint({ step: 1 }),
      });
    },
  );
  server.registerTool(
    "test_input_required_result_multi_round",
    { description: "test_input_required_result_multi_round" },
    async (context: ServerContext) => {
      const step = stepOf(context) ?? 0;
      if (step === 2) return text("All rounds are done");
      const next = `step${step + 1}`;
      return inputRequired({
        inputRequests: { [next]: inputRequired.elicit({ ...NAME_FORM, message: `${next}: what?` } as never) },
        requestState: await state.mint({ step: step + 1 }),
      });
    },
  );
}
