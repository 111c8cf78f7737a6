import type { ToolResult, UpstreamTool } from "../../gateway/upstream-port.ts";

type Schema = Readonly<Record<string, unknown>>;

/**
 * A tool that takes all its arguments inside one object called `model`, as QuantConnect's open server lists them, as a
 * tool that takes them flat, which is how everything here knows them; undefined for a tool of another shape.
 */
export function flatTool(tool: UpstreamTool): UpstreamTool | undefined {
  const { $defs, properties } = tool.inputSchema;
  if (!isObject(properties) || Object.keys(properties).join(" ") !== "model") return undefined;
  const model = resolved(properties["model"], $defs);
  if (model === undefined || !isObject(model["properties"])) return undefined;
  // References of the inner schema are to the definitions at the root.
  const inputSchema = { ...model, type: "object", ...(isObject($defs) ? { $defs } : {}) };
  return { ...tool, inputSchema };
}

/**
 * An answer as the vendored server gives it: what a typed answer fills with `null` is left out, and a fault that is not
 * the API's own word (`success: false`) may have come after the call had its effect.
 */
export function asVendored(result: ToolResult): ToolResult {
  const { structuredContent } = result;
  const plain = isObject(structuredContent) ? { ...result, structuredContent: pruned(structuredContent) } : result;
  const isApiWord = isObject(structuredContent) && structuredContent["success"] === false;
  if (result.isError !== true || isApiWord) return plain;
  return { ...plain, _meta: { ...plain._meta, "quantwright/effect": "unknown" } };
}

function resolved(model: unknown, defs: unknown): Schema | undefined {
  if (!isObject(model)) return undefined;
  const { $ref } = model;
  if (typeof $ref !== "string") return model;
  const [, name = ""] = /^#\/\$defs\/([^/]+)$/.exec($ref) ?? [];
  const found = isObject(defs) && Object.hasOwn(defs, name) ? defs[name] : undefined;
  return isObject(found) ? found : undefined;
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === null ? [] : [[name, pruned(member)]])),
  );
}

function isObject(value: unknown): value is Schema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
