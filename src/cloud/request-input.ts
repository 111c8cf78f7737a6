/** What a request carries, decoded but not checked; or why it could not be decoded. */
export type RequestInput =
  | { readonly kind: "input"; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: "too-large"; readonly limit: number }
  | { readonly kind: "undecodable"; readonly reason: string };

const AUTHENTICATION_KEYS = new Set(["authorization", "timestamp"]);
const MOST_FORM_FIELDS = 10_000;

/** Decodes JSON, forms and queries with PHP's brackets. A body wins over the query. */
export async function requestInput(request: Request, bodyBytes: number): Promise<RequestInput> {
  const query = bracketed(new URL(request.url).searchParams);
  for (const key of AUTHENTICATION_KEYS) delete query[key];
  if (request.method === "GET" || request.method === "HEAD") return { kind: "input", value: query };
  const bytes = await cappedBody(request, bodyBytes);
  if (bytes === undefined) return { kind: "too-large", limit: bodyBytes };
  const type = request.headers.get("content-type") ?? "";
  if (type.toLowerCase().includes("multipart/form-data")) return multipartInput(bytes, type, query);
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") return { kind: "input", value: query };
  const isForm = type.toLowerCase().includes("application/x-www-form-urlencoded");
  if (isForm && !text.trimStart().startsWith("{")) {
    return { kind: "input", value: { ...query, ...bracketed(new URLSearchParams(text)) } };
  }
  return jsonInput(text, query);
}

function jsonInput(text: string, query: Readonly<Record<string, unknown>>): RequestInput {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: "undecodable",
      reason: `expected a JSON object or a form, but the body is no JSON: ${reason.slice(0, 200)}`,
    };
  }
  // PHP's clients send an empty map as an empty list.
  if (Array.isArray(value) && value.length === 0) return { kind: "input", value: query };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "undecodable", reason: "expected a JSON object, but another JSON value came" };
  }
  return { kind: "input", value: { ...query, ...value } };
}

/** Parts with a file name are bytes, others are texts with PHP's brackets in their names. */
async function multipartInput(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  query: Readonly<Record<string, unknown>>,
): Promise<RequestInput> {
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData().catch(() => undefined);
  if (form === undefined) return { kind: "undecodable", reason: "expected multipart parts, but the body has none" };
  const texts = new URLSearchParams();
  const files: Record<string, Uint8Array> = {};
  for (const [name, value] of form) {
    if (typeof value === "string") texts.append(name, value);
    else files[name] = new Uint8Array(await value.arrayBuffer());
  }
  return { kind: "input", value: { ...query, ...bracketed(texts), ...files } };
}

/** The body; undefined as soon as it is longer than allowed, whatever its header says. */
async function cappedBody(request: Request, most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > most) return undefined;
  const chunks: Uint8Array[] = [];
  let read = 0;
  if (request.body !== null) {
    for await (const chunk of request.body as ReadableStream<Uint8Array>) {
      read += chunk.byteLength;
      if (read > most) return undefined;
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

type Tree = { [key: string]: Tree | string };

/** `a[b][0]=x` is the value x under a, b, 0. Maps whose keys are 0, 1, 2 … become lists. */
export function bracketed(fields: URLSearchParams): Record<string, unknown> {
  const root: Tree = Object.create(null) as Tree;
  let count = 0;
  for (const [name, value] of fields) {
    count += 1;
    if (count > MOST_FORM_FIELDS) break;
    put(root, pathOf(name), value);
  }
  return { ...(listed(root) as Record<string, unknown>) };
}

function pathOf(name: string): string[] {
  const head = /^[^[]*/.exec(name)?.[0] ?? name;
  const rest = [...name.slice(head.length).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? "");
  return [head, ...rest.slice(0, 8)];
}

function put(root: Tree, path: readonly string[], value: string): void {
  let at = root;
  for (const [index, key] of path.entries()) {
    const name = key === "" ? String(Object.keys(at).length) : key;
    if (index === path.length - 1) {
      at[name] = value;
      return;
    }
    const next = at[name];
    // Without a prototype, so that a key such as __proto__ is a key like any other.
    const branch: Tree = typeof next === "object" ? next : (Object.create(null) as Tree);
    at[name] = branch;
    at = branch;
  }
}

function listed(value: Tree | string): unknown {
  if (typeof value === "string") return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, listed(inner)] as const);
  const isList = entries.length > 0 && entries.every(([key], index) => key === String(index));
  return isList ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
