import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeServiceRecord } from "../../../src/clients/cloud-service/service-record.ts";
import { processStartedAt } from "../../../src/clients/process/process-identity.ts";
import { openLifelines } from "../../../src/cloud/lifeline.ts";
import { serveCloud } from "../../../src/cloud/serve-cloud.ts";
import { RefusalError } from "../../../src/domain/refusal.ts";

/*
 * A program of a test: a cloud that has nothing but lifelines, a port and a record. Arguments: folder and port. The file
 * `live` in the folder says how many deployments run in it; `broken` lets it not start.
 */
const [, , folder = "", port = "0"] = process.argv;
const textIn = (name: string): string | undefined => {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return undefined;
  }
};
const broken = textIn("broken");
if (broken !== undefined) {
  process.stderr.write(`${broken}\n`);
  process.exit(4);
}
appendFileSync(join(folder, "starts"), `${process.pid} ${Object.keys(process.env).toSorted().join(",")}\n`);
const { pid } = process;
const lifelines = openLifelines({
  account: { userId: "1", apiToken: process.env["TOKEN"] ?? "", organizationId: "" },
  clock: { now: () => Date.now() * 1000 },
  pid,
  live: () => Number(textIn("live") ?? 0),
});
try {
  const { url } = await serveCloud({ app: lifelines.app, port: Number(port), host: "127.0.0.1" });
  const settings = textIn("settings") ?? "same";
  writeServiceRecord(folder, { pid, startedAt: processStartedAt(pid) ?? "", url, version: "1", settings });
  process.stdout.write(`warming up\n${JSON.stringify({ url })}\n`);
} catch (error) {
  if (!(error instanceof RefusalError)) throw error;
  process.stdout.write(`${JSON.stringify({ error: error.refusal })}\n`);
  process.exit(1);
}
await lifelines.idle;
process.exit(0);
