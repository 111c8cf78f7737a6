type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** Parts of a schema that are not part of the contract: titles, examples, texts, and bounds that only we state. */
const NOT_CONTRACT = new Set([
  "title",
  "examples",
  "description",
  "minimum",
  "maximum",
  "propertyNames",
  "$defs",
  "additionalProperties",
]);

/** A JSON schema with references resolved and everything dropped but names, types, required, defaults and enums. */
export function plainSchema(schema: unknown, root: unknown = schema): unknown {
  if (Array.isArray(schema)) return schema.map((inner: unknown) => plainSchema(inner, root));
  if (!isObject(schema)) return schema;
  const reference = schema["$ref"];
  if (typeof reference === "string") return plainSchema(resolve(reference, root), root);
  const types = schema["type"];
  if (Array.isArray(types)) return plainSchema(asUnion(schema, types), root);
  const properties = schema["properties"];
  const rest = Object.entries(schema).filter(([key]) => key !== "properties" && !NOT_CONTRACT.has(key));
  const plain = Object.fromEntries(rest.map(([key, value]) => [key, plainValue(key, value, root)]));
  const map = schema["additionalProperties"];
  return {
    ...plain,
    ...(isObject(properties) ? { properties: plainProperties(properties, root) } : {}),
    // `{}` allows everything, as true does.
    ...(isObject(map) && Object.keys(map).length > 0 ? { additionalProperties: plainSchema(map, root) } : {}),
  };
}

/** `type: ["array", "null"]` says the same as a union of both. */
function asUnion(schema: JsonObject, types: readonly Json[]): JsonObject {
  const { default: preset, ...rest } = schema;
  const anyOf = types.map((type) => (type === "null" ? { type } : { ...rest, type }));
  return { anyOf, ...(preset === undefined ? {} : { default: preset }) };
}

function plainValue(key: string, value: Json, root: unknown): unknown {
  if (key === "default" || key === "enum") return value;
  if (key === "required") return asNames(value);
  if (key === "anyOf" && Array.isArray(value)) {
    // Unions within unions say the same as one flat union; the order of its members says nothing.
    return value
      .map((inner) => sortedKeys(plainSchema(inner, root)))
      .flatMap((inner): unknown[] => (isObject(inner) && Array.isArray(inner["anyOf"]) ? inner["anyOf"] : [inner]))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return plainSchema(value, root);
}

function plainProperties(properties: JsonObject, root: unknown): unknown {
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, plainSchema(inner, root)]));
}

function resolve(reference: string, root: unknown): unknown {
  return reference
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asNames(value: Json): string[] {
  return Array.isArray(value) ? value.map(String).sort() : [];
}
