import { z } from "zod";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";
import { nearestNames } from "./nearest-names.ts";
import { withoutSlowPatterns } from "./quick-schema.ts";
import { redacted } from "./redact.ts";

/** Deeper arguments than any tool has would exhaust the stack of whoever walks them. */
const DEEPEST = 64;
const LONGEST_FAULT = 300;

/** Whether a JSON value is nested no deeper than arguments may be. */
export function isShallow(value: unknown, depth = 0): boolean {
  if (value === null || typeof value !== "object") return true;
  return depth < DEEPEST && Object.values(value).every((member) => isShallow(member, depth + 1));
}

/** A check made once per schema. */
export type ArgumentsCheck = (value: unknown) => Outcome<Readonly<Record<string, unknown>>>;

/** Names the field, what was expected and what came, for each fault, at most five. */
function describe(error: z.ZodError, value: unknown): string {
  const faults = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.join(".");
    const came = issue.path.reduce<unknown>(
      (inner, key) =>
        inner !== null && typeof inner === "object" ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
      value,
    );
    const shown = JSON.stringify(redacted(came, (text) => text, String(issue.path.at(-1) ?? "")));
    const text = came === undefined ? "nothing came" : `${shown?.slice(0, 80) ?? typeof came} came`;
    // It names every field that is not known, and there may be very many.
    const message = issue.message
      .slice(0, LONGEST_FAULT)
      .replace(/^Invalid (?:input|option): /, "")
      .replace(/, received undefined$/, "");
    return path === "" ? message : `${path.slice(0, LONGEST_FAULT)}: ${message}; ${text}`;
  });
  return faults.join(" · ") + (error.issues.length > 5 ? ` · and ${error.issues.length - 5} more` : "");
}

function check(schema: z.ZodType, tool: string): ArgumentsCheck {
  return (value) => {
    const parsed = schema.safeParse(value ?? {});
    if (!parsed.success) {
      return refused({
        code: "ARGUMENTS_INVALID",
        message: `the arguments of ${tool} do not fit: ${describe(parsed.error, value)}`,
        remedy: `see the input schema of ${tool}; in a shell: quantwright tools show ${tool}`,
      });
    }
    return accepted(parsed.data as Readonly<Record<string, unknown>>);
  };
}

/** Arguments of one of our skills: unknown fields are refused, because a typo must not be ignored. */
export function skillArguments(input: z.ZodObject, tool: string): ArgumentsCheck {
  return check(input.strict(), tool);
}

function unknownField(field: string, known: readonly string[], tool: string): Outcome<never> {
  const near = nearestNames(field, known);
  const names = (near.length > 0 ? near : known).slice(0, 20).join(", ");
  return refused({
    code: "ARGUMENTS_INVALID",
    message: `the arguments of ${tool} do not fit: it has no field "${field.slice(0, 100)}"; expected ${near.length > 0 ? "such as" : "only"} ${names === "" ? "none" : names}`,
    remedy: `see the input schema of ${tool}; in a shell: quantwright tools show ${tool}`,
  });
}

function bothForms(tool: string): Outcome<never> {
  return refused({
    code: "ARGUMENTS_INVALID",
    message: `the arguments of ${tool} do not fit: expected them flat or all inside "model", both came`,
    remedy: "give every argument once, flat",
  });
}

/**
 * Arguments of an upstream's tool against its pinned JSON Schema; `{"model": {…}}` is unwrapped where the schema is flat.
 * With `closed` a field that the schema does not name is refused too, though the schema says nothing of such: a server
 * would drop it and report success, or read what nobody judged.
 */
export function passedArguments(
  inputSchema: Readonly<Record<string, unknown>>,
  tool: string,
  { closed = false }: { readonly closed?: boolean } = {},
): ArgumentsCheck {
  const properties = inputSchema["properties"];
  const hasProperties = properties !== null && typeof properties === "object";
  const takesModel = hasProperties && "model" in properties;
  const known =
    closed && hasProperties && !("additionalProperties" in inputSchema) ? Object.keys(properties) : undefined;
  const object = z.record(z.string(), z.unknown());
  const schema = z.fromJSONSchema(withoutSlowPatterns(inputSchema));
  const inner = check(schema, tool);
  return (value) => {
    const whole = object.safeParse(value ?? {});
    if (!whole.success) return inner(value);
    const wrapped = takesModel ? undefined : object.safeParse(whole.data["model"]);
    const flat = wrapped?.success === true && Object.keys(whole.data).length === 1 ? wrapped.data : whole.data;
    // A server that takes both forms would prefer one of them, and we would have judged the other.
    if (!takesModel && "model" in flat) return bothForms(tool);
    const strange = known && Object.keys(flat).find((name) => !known.includes(name));
    if (strange !== undefined) return unknownField(strange, known ?? [], tool);
    const checked = inner(flat);
    // What is sent is what came: the schema judges, it does not rewrite.
    return checked.ok ? accepted(flat) : checked;
  };
}
