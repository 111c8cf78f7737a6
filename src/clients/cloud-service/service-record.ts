import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { processStartedAt } from "../process/process-identity.ts";

const serviceRecordSchema = z.object({
  pid: z.int().positive(),
  /** Tells it from a later process with the same pid. */
  startedAt: z.string(),
  /** Base of its API. */
  url: z.url(),
  version: z.string(),
  /** Fingerprint of the settings that it runs with. */
  settings: z.string(),
});

/** Which local cloud runs on a folder, as it says itself in a file there. No secret is in it. */
export type ServiceRecord = z.infer<typeof serviceRecordSchema>;

const FILE = "service.json";

/** The record in the folder of a local cloud; undefined where there is none that can be read. */
export function readServiceRecord(folder: string): ServiceRecord | undefined {
  try {
    return serviceRecordSchema.parse(parseJson(readFileSync(join(folder, FILE), "utf8")));
  } catch {
    // Whoever cannot be found is not used: another one is started.
    return undefined;
  }
}

/** Writes the record as a whole: a reader sees the old one or the new one. */
export function writeServiceRecord(folder: string, record: ServiceRecord): void {
  const part = join(folder, `${FILE}.${record.pid}`);
  writeFileSync(part, JSON.stringify(record), { mode: 0o600 });
  renameSync(part, join(folder, FILE));
}

/** Whether the very process of the record is there. */
export function isRunning({ pid, startedAt }: Pick<ServiceRecord, "pid" | "startedAt">): boolean {
  return processStartedAt(pid) === startedAt;
}
