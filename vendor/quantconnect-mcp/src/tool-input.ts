import { z } from "zod";
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import type { Tool, ToolArguments } from "./tool.ts";

/** Arguments after the check, and the names of those that the tool does not know and that were left out. */
export interface CheckedArguments {
  readonly args: ToolArguments;
  readonly ignored: readonly string[];
}

/**
 * The input schema of a tool as the protocol library wants it. The flat form is advertised; `{"model": {…}}`, the form
 * of QuantConnect's own server, is accepted too. Unknown arguments are left out, and named to the caller.
 */
export function toolInput(tool: Tool): StandardSchemaWithJSON<unknown, CheckedArguments> {
  const advertised = jsonSchemaOf(tool.input);
  return {
    "~standard": {
      version: 1,
      vendor: "quantconnect-mcp",
      jsonSchema: { input: () => advertised, output: () => advertised },
      validate: (value) => {
        const flat = unwrapped(value, tool.input);
        const parsed = tool.input.safeParse(flat);
        if (!parsed.success) return { issues: parsed.error.issues.flatMap((issue) => explained(issue, flat)) };
        const ignored = isRecord(flat) ? Object.keys(flat).filter((key) => !(key in tool.input.shape)) : [];
        return { value: { args: parsed.data, ignored } };
      },
    },
  };
}

function jsonSchemaOf(input: z.ZodObject): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(input, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => withoutIntegerBounds(jsonSchema),
  });
  return schema;
}

/** Every integer would carry the bounds of a safe integer: true, of no use to a model, and paid for in tokens. */
function withoutIntegerBounds(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

function unwrapped(value: unknown, input: z.ZodObject): unknown {
  if (!isRecord(value) || "model" in input.shape) return value;
  const { model, ...rest } = value;
  return isRecord(model) ? { ...rest, ...model } : value;
}

/** A union's own message says only that nothing matched; the branch that came closest says what is missing. */
function explained(issue: z.core.$ZodIssue, root: unknown): { message: string; path: PropertyKey[] }[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [withCame(issue, root)];
  const wrongChoices = (branch: readonly z.core.$ZodIssue[]): number =>
    branch.filter((inner) => inner.code === "invalid_value").length * 100 + branch.length;
  const closest = [...issue.errors].sort((a, b) => wrongChoices(a) - wrongChoices(b))[0] ?? [];
  return closest.flatMap((inner) => explained({ ...inner, path: [...issue.path, ...inner.path] }, root));
}

/** Adds the type of what came, never its value: it may be a secret. */
function withCame(issue: z.core.$ZodIssue, root: unknown): { message: string; path: PropertyKey[] } {
  if (issue.message.includes("received")) return { message: issue.message, path: issue.path };
  const came = issue.path.reduce<unknown>((at, key) => (isRecord(at) ? at[String(key)] : undefined), root);
  return { message: `${issue.message}, received ${came === null ? "null" : typeof came}`, path: issue.path };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
