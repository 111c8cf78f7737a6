import { z } from "zod";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";
import type { CallClass } from "../domain/call-class.ts";
import type { CallRequest } from "./call-request.ts";
import type { Tool } from "./tool.ts";

/** It becomes the tag of an order, so the algorithm must take it too. */
const idSchema = z.string().regex(/^[\w-]{1,120}$/);

/** What goes with the arguments of a call that may need leave, and is not for the tool itself. */
const OPTION_SCHEMAS = {
  approvalId: {
    type: "string",
    description: "Id of an approval of exactly this call, after an operator gave it",
  },
  intentId: {
    type: "string",
    description: "Your own key of this intent: a second call with it is refused, so that nothing happens twice",
  },
} as const;

const ASKING: ReadonlySet<CallClass> = new Set(["paper", "live", "reduce", "admin"]);

/** Whether calls of a tool whose gravest class is this may take an approval. */
export function takesOptions(gravest: CallClass): boolean {
  return ASKING.has(gravest);
}

/** The input schema of a tool with `approvalId` and `intentId` beside its own fields; its own win. */
export function withOptions(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const properties = schema["properties"];
  return { ...schema, properties: { ...OPTION_SCHEMAS, ...(isObject(properties) ? properties : {}) } };
}

export interface CallOptions {
  readonly arguments: unknown;
  readonly approvalId: string | undefined;
  readonly intentId: string | undefined;
}

/** Takes what is for the gateway out of the arguments. What came beside them wins: a host can say it in `_meta`. */
export function callOptions(request: CallRequest, tool: Tool): Outcome<CallOptions> {
  const given = request.arguments;
  const inside = isObject(given) && tool.takesOptions ? given : {};
  const { approvalId, intentId, ...rest } = inside;
  const options = {
    approvalId: request.approvalId ?? approvalId ?? undefined,
    intentId: request.intentId ?? intentId ?? undefined,
  };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || idSchema.safeParse(value).success) continue;
    return refused({
      code: "ARGUMENTS_INVALID",
      message: `${name}: expected 1 to 120 letters, digits, "_" or "-"`,
      remedy: "leave it out, or give the id as it was told",
    });
  }
  return accepted({
    arguments: inside === given ? rest : given,
    approvalId: options.approvalId as string | undefined,
    intentId: options.intentId as string | undefined,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
