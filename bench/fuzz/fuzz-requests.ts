import * as fc from "fast-check";
import { z } from "zod";
import { ALL_ENDPOINTS } from "../../src/cloud/resources/all-endpoints.ts";
import type { FuzzWorld } from "./fuzz-world.ts";
import { PATHS } from "./fuzz-world.ts";

/** One request as it is sent. */
export interface FuzzRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly encoding: "json" | "form" | "query" | "multipart" | "raw";
  readonly raw: string;
}

const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  -1e-300,
  2 ** 53,
  "",
  " ",
  "\u0000",
  "../../etc/passwd",
  "..\\..\\x",
  "/",
  "//",
  "a/./b",
  "__proto__",
  "constructor",
  "%00",
  "'; drop table projects; --",
  "\ud800",
  "🦙".repeat(200),
  "x".repeat(5000),
  "9".repeat(400),
  [],
  {},
  [[]],
  [null],
  { a: null },
  { __proto__: { a: 1 } },
  deep(200),
];

function deep(levels: number): unknown {
  let value: unknown = "core";
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Names of the fields that an endpoint's schema knows, wherever in its unions and intersections. */
function fieldsOf(path: string): string[] {
  const schema = ALL_ENDPOINTS.get(path)?.schema ?? z.unknown();
  const names = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 4) return;
    const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
    for (const [key, inner] of entries) {
      if (key === "properties" && typeof inner === "object" && inner !== null && depth < 3) {
        for (const [name] of Object.entries(inner)) names.add(name);
      } else if (key === "allOf" || key === "anyOf" || Array.isArray(value)) visit(inner, depth + 1);
    }
  };
  visit(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), 0);
  return [...names];
}

/** Requests to every endpoint: good, nearly good and nonsense, in every encoding. */
export function fuzzRequests(world: FuzzWorld): fc.Arbitrary<FuzzRequest> {
  const nasty = fc.oneof(
    fc.constantFrom(...NASTY),
    fc.string({ unit: "binary", maxLength: 50 }),
    fc.jsonValue({ maxDepth: 3 }),
    fc.integer(),
    fc.double({ noNaN: true }),
  );
  const valueOf = (name: string): fc.Arbitrary<unknown> => {
    const good = world.values.get(name) ?? [];
    return good.length === 0 ? nasty : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, nasty);
  };
  const requestOf = (path: string): fc.Arbitrary<FuzzRequest> => {
    const known = fieldsOf(path);
    const entries = known.map((name) => [name, fc.option(valueOf(name), { nil: undefined, freq: 6 })] as const);
    const extra = fc.dictionary(fc.string({ maxLength: 8 }), nasty, { maxKeys: 2 });
    return fc.record({
      path: fc.constant(path),
      body: fc
        .tuple(fc.record(Object.fromEntries(entries)), fc.oneof(fc.constant({}), extra))
        .map(([own, more]) => ({ ...more, ...own })),
      encoding: fc.oneof(
        { weight: 14, arbitrary: fc.constant("json" as const) },
        fc.constant("form" as const),
        fc.constant("form" as const),
        fc.constant("query" as const),
        fc.constant("multipart" as const),
        fc.constant("raw" as const),
      ),
      raw: fc.oneof(
        fc.string({ unit: "binary", maxLength: 100 }),
        fc.constantFrom("[", '{"a":', "{}}", "[[[[", '"x"', "null", "\ufeff{}"),
      ),
    });
  };
  return fc.oneof(...PATHS.map(requestOf));
}

/** Fields with PHP's brackets, as forms and queries carry them. */
export function bracketFields(body: Readonly<Record<string, unknown>>): URLSearchParams {
  const fields = new URLSearchParams();
  const add = (name: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) add(`${name}[${key}]`, inner);
    } else if (typeof value === "string") fields.append(name, value);
    else if (value !== undefined && value !== null) fields.append(name, JSON.stringify(value));
  };
  for (const [name, value] of Object.entries(body)) add(name, value);
  return fields;
}
