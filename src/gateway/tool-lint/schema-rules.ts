import { errorOf, isObject, warningOf, type Finding, type Rule } from "./finding.ts";

type Schema = Readonly<Record<string, unknown>>;
type Found = Iterable<Omit<Finding, "tool">>;

const COMBINATORS = ["anyOf", "oneOf", "allOf", "not", "if", "enum", "$ref"] as const;
const DEEP = 12;
const TOO_DEEP = 48;
const LONG = 16 * 1024;
const TOO_LONG = 256 * 1024;
const PROPERTY_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;

/** Schemas that every client and model provider takes: an object at the root, whole in itself, of a bearable size. */
export const schemaRules: Rule = function* ({ inputSchema, outputSchema }) {
  yield* schemaFindings("input schema", inputSchema);
  if (outputSchema === undefined) yield warningOf("output-schema-missing", "it has no output schema");
  else yield* schemaFindings("output schema", outputSchema);
};

function* schemaFindings(what: string, schema: Schema): Found {
  const depth = depthOf(schema);
  if (depth > TOO_DEEP) {
    yield errorOf("schema-depth", `its ${what} is nested ${TOO_DEEP} levels deep or more`);
    return;
  }
  if (depth > DEEP) yield warningOf("schema-depth", `its ${what} is nested ${depth} levels deep`);
  const { length } = JSON.stringify(schema);
  if (length > TOO_LONG) yield errorOf("schema-size", `its ${what} has ${length} characters`);
  else if (length > LONG) yield warningOf("schema-size", `its ${what} has ${length} characters`);
  yield* rootFindings(what, schema);
  for (const ref of refsIn(schema)) {
    if (!ref.startsWith("#")) yield errorOf("schema-ref-remote", `its ${what} refers to ${ref}, outside of itself`);
    else if (!isThere(schema, ref))
      yield errorOf("schema-ref-dangling", `its ${what} refers to ${ref}, which is not there`);
  }
}

function* rootFindings(what: string, schema: Schema): Found {
  if (schema["type"] !== "object") yield errorOf("schema-root", `the root of its ${what} is not of type object`);
  for (const key of COMBINATORS) {
    if (key in schema)
      yield errorOf("schema-combinator", `the root of its ${what} has ${key}, which some clients refuse`);
  }
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  for (const name of required) {
    if (!Object.hasOwn(properties, name))
      yield errorOf("required-unknown", `its ${what} requires ${name}, which it does not have`);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!PROPERTY_NAME.test(name))
      yield errorOf(
        "property-name",
        `the name of the field ${JSON.stringify(name)} in its ${what} is not accepted everywhere`,
      );
    if (what === "input schema" && !isDescribed(property)) {
      yield warningOf("property-undescribed", `the field ${name} of its ${what} has neither description nor choices`);
    }
  }
}

function isDescribed(property: unknown): boolean {
  if (!isObject(property)) return false;
  return ["description", "enum", "const", "$ref", "default"].some((key) => key in property);
}

/** Levels of nesting, looked at no deeper than what is an error. */
function depthOf(value: unknown, level = 0): number {
  if (value === null || typeof value !== "object" || level > TOO_DEEP) return level;
  return Math.max(level, ...Object.values(value).map((member) => depthOf(member, level + 1)));
}

function* refsIn(value: unknown): Iterable<string> {
  if (value === null || typeof value !== "object") return;
  for (const [key, member] of Object.entries(value)) {
    // A field may be called $ref: only a text is a reference.
    if (key === "$ref" && typeof member === "string") yield member;
    else yield* refsIn(member);
  }
}

function isThere(schema: Schema, ref: string): boolean {
  if (ref === "#") return true;
  if (!ref.startsWith("#/")) return hasAnchor(schema, ref.slice(1));
  let at: unknown = schema;
  for (const part of ref.slice(2).split("/")) {
    const name = unescaped(part);
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, name)) return false;
    at = (at as Record<string, unknown>)[name];
  }
  return true;
}

function unescaped(part: string): string {
  let decoded = part;
  try {
    decoded = decodeURIComponent(part);
  } catch {
    // What is no URI encoding stands for itself.
  }
  return decoded.replaceAll("~1", "/").replaceAll("~0", "~");
}

function hasAnchor(value: unknown, anchor: string): boolean {
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(
    ([key, member]) =>
      ((key === "$anchor" || key === "$dynamicAnchor") && member === anchor) || hasAnchor(member, anchor),
  );
}
