import { join } from "node:path";
import type { z } from "zod";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { upstreamsFileSchema, type UpstreamEntry } from "../domain/upstream-entry.ts";
import { readDocument, writeDocument } from "../store/json-document.ts";

type Entries = Readonly<Record<string, UpstreamEntry>>;

function fileOf({ dataDir }: Config): string {
  return join(dataDir, "upstreams.json");
}

/**
 * The user's upstreams as the file has them.
 * @throws RefusalError `UPSTREAMS_UNREADABLE` with the line that is wrong.
 */
export function readUpstreams(config: Config): Entries {
  const found = readDocument(fileOf(config), upstreamsFileSchema);
  if (found.kind === "absent") return {};
  if (found.kind === "read") return found.value.upstreams;
  throw new RefusalError({
    code: "UPSTREAMS_UNREADABLE",
    message: found.reason,
    remedy: "correct the file; until then no upstream of yours is there",
  });
}

/** Puts the user's upstreams in the place of those that the file has. */
export function writeUpstreams(config: Config, upstreams: Entries): void {
  const content: z.output<typeof upstreamsFileSchema> = { version: 1, upstreams };
  writeDocument(fileOf(config), content);
}
