import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { z } from "zod";
import { requestBody } from "../../../vendor/quantconnect-mcp/src/tool.ts";
import { ALL_TOOLS } from "../../../vendor/quantconnect-mcp/src/tools/all-tools.ts";
import {
  type Answer,
  API_TOKEN,
  type CloudOptions,
  type CloudUnderTest,
  credentials,
  startCloud,
  USER_ID,
} from "./cloud-under-test.ts";

const SERVER = fileURLToPath(new URL("../../../vendor/quantconnect-mcp/dist/main.js", import.meta.url));

type Arguments = Readonly<Record<string, unknown>>;

/** Calls a tool of QuantConnect's list, whatever carries the call. */
export interface CloudCaller extends AsyncDisposable {
  call(tool: string, args: Arguments): Promise<Answer>;
}

/** What a suite over both transports works with. */
export interface CallerUnderTest {
  cloud: CloudUnderTest;
  call: CloudCaller["call"];
  /** Calls, and expects a success. */
  ok(tool: string, args?: Arguments): Promise<Answer>;
  /** Calls, and expects a refusal; gives its texts as one. */
  refused(tool: string, args: Arguments): Promise<string>;
}

const answerSchema = z.looseObject({ success: z.boolean(), errors: z.array(z.string()).optional() });

/** The API itself: the endpoint of each tool is in the vendored server's own table. */
function restCaller(cloud: CloudUnderTest): CloudCaller {
  return {
    async call(name, args) {
      const tool = ALL_TOOLS.find((one) => one.name === name);
      if (tool?.target.kind === "authorization") return cloud.call("/live/auth0/authorize", args);
      if (tool?.target.kind !== "api") throw new Error(`${name} is no tool with an endpoint`);
      const { path, encoding } = tool.target;
      const body = requestBody(tool, args);
      if (encoding === "json") return cloud.call(path, body);
      const form = new FormData();
      for (const [key, value] of Object.entries(body)) {
        if (key === "objectData") form.append(key, new Blob([String(value)]), "upload");
        else form.append(key, String(value));
      }
      const response = await fetch(`${cloud.url}${path}`, { method: "POST", headers: credentials(), body: form });
      return answerSchema.parse(await response.json()) as Answer;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Through the vendored server over stdio, as a client has it. */
async function serverCaller(cloud: CloudUnderTest): Promise<CloudCaller> {
  const client = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  const env = { QUANTCONNECT_USER_ID: USER_ID, QUANTCONNECT_API_TOKEN: API_TOKEN, QUANTCONNECT_BASE_URL: cloud.url };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [SERVER], env }));
  return {
    async call(name, args) {
      const result = await client.callTool({ name, arguments: { ...args } });
      const answer = answerSchema.safeParse(result.structuredContent);
      if (answer.success) return answer.data as Answer;
      // What the server refuses by itself has no structured content.
      if (result.isError === true) return { success: false, errors: [JSON.stringify(result.content)] };
      throw new Error(`${name} answered without an envelope: ${JSON.stringify(result.content)}`);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const TRANSPORTS = [
  { transport: "the REST API", open: (cloud: CloudUnderTest) => Promise.resolve(restCaller(cloud)) },
  { transport: "the vendored server", open: serverCaller },
];

/** Runs the same suite against the REST API and through the vendored server; each with a cloud of its own. */
export function overBothTransports(
  title: string,
  suite: (test: CallerUnderTest) => void,
  options: CloudOptions = {},
): void {
  describe.each(TRANSPORTS)(`${title}, through $transport`, ({ open }) => {
    let caller: CloudCaller | undefined;
    let cloud: CloudUnderTest | undefined;
    const call: CloudCaller["call"] = (tool, args) => {
      if (caller === undefined) throw new Error("the cloud is not started yet");
      return caller.call(tool, args);
    };
    beforeAll(async () => {
      cloud = await startCloud(options);
      caller = await open(cloud);
    });
    afterAll(async () => {
      await caller?.[Symbol.asyncDispose]();
      await cloud?.[Symbol.asyncDispose]();
    });
    suite({
      get cloud() {
        if (cloud === undefined) throw new Error("the cloud is not started yet");
        return cloud;
      },
      call,
      async ok(tool, args = {}) {
        const answer = await call(tool, args);
        if (!answer.success) throw new Error(`${tool} was refused: ${answer.errors?.join()}`);
        return answer;
      },
      async refused(tool, args) {
        const answer = await call(tool, args);
        expect(answer.success, `${tool} ${JSON.stringify(args)}`).toBe(false);
        expect(answer.errors?.length).toBeGreaterThan(0);
        return answer.errors?.join() ?? "";
      },
    });
  });
}
