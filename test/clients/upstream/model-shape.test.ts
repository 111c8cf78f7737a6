import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FlatUpstream } from "../../../src/clients/upstream/flat-upstream.ts";
import { asVendored, flatTool } from "../../../src/clients/upstream/model-shape.ts";
import type { OneUpstream } from "../../../src/clients/upstream/one-upstream.ts";
import type { UpstreamCall, UpstreamOutcome, UpstreamTool } from "../../../src/gateway/upstream-port.ts";
import { VENDORED_TOOLS } from "../../gateway/support.ts";

const OFFICIAL = new URL("../../../../shared/quantconnect/tools.json", import.meta.url);
const wrapped: UpstreamTool = {
  name: "create_project",
  inputSchema: {
    $defs: {
      Request: {
        type: "object",
        properties: { name: { type: "string" }, language: { $ref: "#/$defs/Language" } },
        required: ["name"],
      },
      Language: { enum: ["C#", "Py"] },
    },
    type: "object",
    properties: { model: { $ref: "#/$defs/Request" } },
    required: ["model"],
  },
};

describe("a tool that takes its arguments inside one object", () => {
  it("is offered with the same arguments flat, and its definitions where its references look for them", () => {
    expect(flatTool(wrapped)?.inputSchema).toEqual({
      type: "object",
      properties: { name: { type: "string" }, language: { $ref: "#/$defs/Language" } },
      required: ["name"],
      $defs: wrapped.inputSchema["$defs"],
    });
    const inline = { name: "x", inputSchema: { type: "object", properties: { model: { properties: { a: {} } } } } };
    expect(flatTool(inline)?.inputSchema).toEqual({ type: "object", properties: { a: {} } });
  });

  it.each<[string, object]>([
    ["no arguments", {}],
    ["arguments beside it", { model: { properties: {} }, other: {} }],
    ["an object of unknown form", { model: { type: "object" } }],
    ["a reference that leads nowhere", { model: { $ref: "#/$defs/toString" } }],
    ["a text of that name", { model: "text" }],
  ])("is left as it is with %s", (_, properties) => {
    expect(flatTool({ name: "x", inputSchema: { type: "object", $defs: {}, properties } })).toBeUndefined();
  });

  it.skipIf(!existsSync(OFFICIAL))(
    "has the arguments of the vendored one (needs the list of the open server's tools)",
    () => {
      const { tools } = JSON.parse(readFileSync(OFFICIAL, "utf8")) as { readonly tools: readonly UpstreamTool[] };
      const fields = ({ inputSchema }: UpstreamTool): string[] => Object.keys(inputSchema["properties"] ?? {});
      expect(tools).toHaveLength(64);
      for (const tool of tools) {
        const vendored = VENDORED_TOOLS.find(({ name }) => name === tool.name);
        expect(vendored && fields(vendored), tool.name).toEqual(expect.arrayContaining(fields(flatTool(tool) ?? tool)));
      }
    },
  );
});

describe("an answer of QuantConnect's open server", () => {
  const content = [{ type: "text", text: "{}" }];

  it("has nothing where there is null, at every depth, and keeps what is empty or false", () => {
    const structuredContent = { a: null, b: [{ c: null, d: 0 }, null], e: "", f: false, g: { h: null } };
    expect(asVendored({ content, structuredContent })).toEqual({
      content,
      structuredContent: { b: [{ d: 0 }, null], e: "", f: false, g: {} },
    });
  });

  it("may have come after an effect where it is a fault, but not where it is the API's own no", () => {
    expect(asVendored({ content, isError: true })._meta).toEqual({ "quantwright/effect": "unknown" });
    const no = { content, isError: true, structuredContent: { success: false, errors: ["no"] } };
    expect(asVendored(no)).toEqual(no);
  });
});

describe("an upstream whose tools are offered flat", () => {
  const sent: UpstreamCall[] = [];
  const listed: UpstreamTool[] = [wrapped, { name: "read_account", inputSchema: { type: "object", properties: {} } }];
  let there = true;
  const inner = {
    tools: () => (there ? Promise.resolve(listed) : Promise.reject(new Error("it ends at its start"))),
    call: (call: UpstreamCall): Promise<UpstreamOutcome> => {
      sent.push(call);
      return Promise.resolve({ kind: "answered", result: { content: [], structuredContent: { a: null } } });
    },
  };
  // Only what a call needs.
  const flat = new FlatUpstream(inner as unknown as OneUpstream);
  const call = (tool: string, args: object): Promise<UpstreamOutcome> =>
    flat.call({ upstream: "quantconnect", tool, arguments: { ...args }, deadlineMilliseconds: 1 });

  it("gets what is inside the object put there again, and nothing put where it was not", async () => {
    expect(await call("create_project", { name: "x" })).toMatchObject({ result: { structuredContent: {} } });
    await call("read_account", {});
    expect(sent.map((one) => one.arguments)).toEqual([{ model: { name: "x" } }, {}]);
  });

  it("is sent nothing while it is not known what it lists", async () => {
    there = false;
    expect(await call("create_project", {})).toMatchObject({
      kind: "lost",
      sent: false,
      reason: "it ends at its start",
    });
    expect(sent).toHaveLength(2);
  });
});
