import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromJsonSchema } from "@modelcontextprotocol/server";
import { z } from "zod";

const FACTS = fileURLToPath(new URL("../../../../shared/quantconnect/models.json", import.meta.url));
const factsSchema = z.looseObject({ $defs: z.record(z.string(), z.unknown()) });

/** Whether the definitions of QuantConnect's models are there. */
export const HAS_MODELS: boolean = existsSync(FACTS);
/** Headers of the client whose models they are. */
export const STRICT_CLIENT = { headers: { "user-agent": "QuantConnect MCP Server v1" } };

/** The models say `nullable` beside a type, which JSON Schema does not know, and times in a form of their own. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const {
    nullable,
    format: _,
    ...rest
  } = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

/** What in an answer does not fit a model; nothing where all does. */
export async function modelIssues(model: string, answer: unknown): Promise<unknown> {
  const { $defs } = factsSchema.parse(JSON.parse(readFileSync(FACTS, "utf8")));
  const definition = { $ref: `#/$defs/${model}`, $defs: plain($defs) };
  // A schema read from a file has no type that the library could know.
  const schema = fromJsonSchema(definition as never);
  return (await schema["~standard"].validate(answer)).issues ?? [];
}
