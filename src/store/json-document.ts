import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { z } from "zod";
import { placeInJson } from "../domain/json-line.ts";
import { parseJson } from "../domain/parse-json.ts";

/** A file of JSON as it was found. `reason` names file, line and what was expected. */
export type FoundDocument<Value> =
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "read"; readonly value: Value };

const LARGEST = 1024 * 1024;

const ABSENT = { kind: "absent" } as const;

/** Reads a file that people edit, and says where it is wrong. */
export function readDocument<Schema extends z.ZodType>(file: string, schema: Schema): FoundDocument<z.output<Schema>> {
  return documentReader(file, schema)();
}

/**
 * A reader of one file for who asks at each call: it reads every time, and gives the very same value again while the
 * text is the same.
 */
export function documentReader<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): () => FoundDocument<z.output<Schema>> {
  let last: { readonly text: string; readonly found: FoundDocument<z.output<Schema>> } | undefined;
  return () => {
    let text: string;
    try {
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return ABSENT;
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return ABSENT;
      return { kind: "unreadable", reason: `${file}: ${error instanceof Error ? error.message : String(error)}` };
    }
    if (last?.text !== text) last = { text, found: parsed(file, text, schema) };
    return last.found;
  };
}

function parsed<Schema extends z.ZodType>(file: string, text: string, schema: Schema): FoundDocument<z.output<Schema>> {
  if (text.length > LARGEST) return { kind: "unreadable", reason: `${file} is larger than 1 MB` };
  const whole = placeInJson(text, []);
  if (whole.expected !== undefined) {
    return { kind: "unreadable", reason: `${file}, line ${whole.line}: ${whole.expected} was expected` };
  }
  const result = schema.safeParse(parseJson(text));
  if (result.success) return { kind: "read", value: result.data };
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  const where = path.length === 0 ? "" : ` (${path.map(String).join(".")})`;
  return {
    kind: "unreadable",
    reason: `${file}, line ${placeInJson(text, path).line}${where}: ${issue?.message ?? "it has another form"}`,
  };
}

/** Writes a file whole or not at all, readable by its owner only, and synced before it takes its place. */
export function writeDocument(file: string, value: unknown): void {
  const part = `${file}.${process.pid}.next`;
  try {
    writeFileSync(part, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
