import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import { visibleText } from "../domain/visible-text.ts";
import type { DeskLink } from "./cli-services.ts";
import { upstreamsSchema } from "./upstream-view.ts";

/** How long a new server is waited for, and how often the desk is asked. */
const PATIENCE_MILLISECONDS = 3000;
const LOOK_MILLISECONDS = 100;

type SeenUpstream = z.infer<typeof upstreamsSchema>[number];

/** An upstream that was just added, once it serves or has failed, or as it is after three seconds. */
export async function seenUpstream(desk: DeskLink, name: string): Promise<SeenUpstream | undefined> {
  for (let waited = 0; ; waited += LOOK_MILLISECONDS) {
    const seen = upstreamsSchema.parse(await desk.request("upstream.list")).find((one) => one.name === name);
    const known = seen === undefined || seen.state === "ready" || seen.lastError !== null;
    if (known || waited >= PATIENCE_MILLISECONDS) return seen;
    await delay(LOOK_MILLISECONDS);
  }
}

/** What became of it, for people. */
export function addedText(name: string, seen: SeenUpstream | undefined): string {
  if (seen?.state === "ready") return `${name} is added and ready.`;
  if (seen === undefined || seen.lastError === null)
    return `${name} is added and not ready yet: \`quantwright upstream list\` shows when it is.`;
  const fault = visibleText(seen.lastError, 500);
  return `${name} is added, but it does not work: ${fault}\nIt is tried again and again. \`quantwright upstream remove ${name}\` takes it away.`;
}
