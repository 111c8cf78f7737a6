import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";

/** Where a data folder says what its series are and whose; the engine reads it into every result. */
export const SOURCES_PATH = "quantwright/sources.json";

const sourceSchema = z.looseObject({
  source: z.string(),
  licence: z.string().default("none stated"),
  kind: z.enum(["equity", "index"]).default("equity"),
  synthetic: z.boolean().default(false),
  notes: z.array(z.string()).default([]),
  first: z.string().default(""),
  last: z.string().default(""),
  rows: z.number().default(0),
  imported: z.string().default(""),
});
const sourcesSchema = z.record(z.string(), sourceSchema);

/** What is known of one ticker's prices. `first` and `last` are dates, `imported` a time in ISO form. */
export type DataSourceEntry = z.infer<typeof sourceSchema>;

/**
 * Reads what a data folder says of its series, by ticker in upper case; empty where it says nothing.
 * @throws RefusalError `SOURCES_UNREADABLE` where the file is there and is not what it should be.
 */
export async function readSources(folder: string): Promise<Readonly<Record<string, DataSourceEntry>>> {
  const file = join(folder, SOURCES_PATH);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw unreadable(file, error);
  }
  try {
    return sourcesSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): RefusalError {
  const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
  return new RefusalError(
    {
      code: "SOURCES_UNREADABLE",
      message: `expected the sources of the market data in ${file}, it cannot be read: ${reason}`,
      remedy: "Correct the file, or move it away and import the prices again.",
    },
    { cause },
  );
}
