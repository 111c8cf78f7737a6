import { join } from "node:path";
import type { z } from "zod";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { upstreamsFileSchema, type UpstreamSettings } from "../domain/upstream-entry.ts";
import { readDocument, writeDocument } from "../store/json-document.ts";

function fileOf({ dataDir }: Config): string {
  return join(dataDir, "upstreams.json");
}

/**
 * The user's upstreams, routes and choice of a QuantConnect server as the file has them.
 * @throws RefusalError `UPSTREAMS_UNREADABLE` with the line that is wrong.
 */
export function readUpstreamSettings(config: Config): UpstreamSettings {
  const found = readDocument(fileOf(config), upstreamsFileSchema);
  if (found.kind === "absent") return { upstreams: {}, routes: [] };
  if (found.kind === "read") return found.value;
  throw new RefusalError({
    code: "UPSTREAMS_UNREADABLE",
    message: found.reason,
    remedy: "correct the file; until then no upstream of yours is there",
  });
}

/** Puts these settings in the place of those that the file has. */
export function writeUpstreamSettings(config: Config, { upstreams, routes, quantconnect }: UpstreamSettings): void {
  const content: z.output<typeof upstreamsFileSchema> = {
    version: 1,
    upstreams,
    routes,
    ...(quantconnect === undefined ? {} : { quantconnect }),
  };
  writeDocument(fileOf(config), content);
}
