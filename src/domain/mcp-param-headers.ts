import { isObject } from "./json-rpc.ts";

/** One argument of a tool that travels in a header too, as its schema says with `x-mcp-header`. */
export interface ParamHeader {
  readonly path: readonly string[];
  /** Whole name of the header. */
  readonly header: string;
  readonly isNumber: boolean;
}

const PREFIX = "Mcp-Param-";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES = new Set(["string", "integer", "boolean", "number"]);
const SENTINEL = /^=\?base64\?([\s\S]*)\?=$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;
const DEEPEST = 20;

/** The arguments that an input schema wants in headers: those reached by `properties` alone. */
export function paramHeadersOf(schema: unknown): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  const visit = (node: unknown, path: readonly string[]): void => {
    if (!isObject(node) || path.length > DEEPEST) return;
    const { "x-mcp-header": name, type, properties } = node;
    if (path.length > 0 && typeof name === "string" && TOKEN.test(name) && typeof type === "string" && TYPES.has(type))
      found.push({ path, header: `${PREFIX}${name}`, isNumber: type === "integer" || type === "number" });
    if (isObject(properties)) for (const [key, inner] of Object.entries(properties)) visit(inner, [...path, key]);
  };
  visit(schema, []);
  return found;
}

/** The headers that go with a call. */
export function headersForArguments(declared: readonly ParamHeader[], args: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    declared.flatMap(({ path, header }) => {
      const text = primitiveText(valueAt(args, path));
      return text === undefined ? [] : [[header, encodeHeaderText(text)]];
    }),
  );
}

/** What is wrong with the headers of a call; undefined where they agree with its arguments. */
export function paramHeaderFault(
  declared: readonly ParamHeader[],
  args: unknown,
  header: (name: string) => string | undefined,
): string | undefined {
  for (const one of declared) {
    const value = valueAt(args, one.path);
    const text = primitiveText(value);
    if (text === undefined) continue;
    const given = header(one.header);
    const name = one.path.join(".");
    if (given === undefined) return `the body carries ${name}, but the header ${one.header} is missing`;
    const decoded = decodeHeaderText(given);
    if (decoded === undefined) return `the header ${one.header} is not valid Base64`;
    const same =
      one.isNumber && typeof value === "number" && DECIMAL.test(decoded) ? Number(decoded) === value : decoded === text;
    if (!same) return `the header ${one.header} and ${name} of the body differ`;
  }
  return undefined;
}

/** Reads a header's text, which is Base64 where it says so; undefined where that is not valid. */
export function decodeHeaderText(value: string): string | undefined {
  const coded = SENTINEL.exec(value)?.[1];
  if (coded === undefined) return value;
  if (!BASE64.test(coded)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(coded), (character) => character.codePointAt(0) ?? 0);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text as a header's value: as it is where a header can carry it, in Base64 else. */
export function encodeHeaderText(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !SENTINEL.test(text);
  if (isPlain) return text;
  const bytes = new TextEncoder().encode(text);
  return `=?base64?${btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(""))}?=`;
}

function primitiveText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let node: unknown = root;
  for (const key of path) node = isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  return node;
}
