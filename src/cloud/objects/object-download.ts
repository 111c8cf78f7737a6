import { Zip, ZipPassThrough } from "fflate";
import { type Clock, MICROSECONDS_PER_SECOND } from "../../domain/clock.ts";
import type { CloudStore } from "../store-port.ts";
import type { ObjectStorage } from "./object-storage.ts";

/** A link is good for so long. */
const LINK_SECONDS = 3600;

/** Path of downloads, without the prefix of the API. Whoever has the ticket may fetch: links are opened as they are. */
export const DOWNLOAD_PATH = "/object/download/";

export function expiryOf(clock: Clock): number {
  return clock.now() - LINK_SECONDS * MICROSECONDS_PER_SECOND;
}

/** The zip of a download, whose entries are named by their keys; undefined for an unknown or old ticket. */
export async function downloadOf(
  ticket: string,
  parts: {
    readonly objects: CloudStore["objects"];
    readonly clock: Clock;
    readonly storageOf: (organizationId: string) => ObjectStorage;
  },
): Promise<Response | undefined> {
  const job = await parts.objects.jobByTicket(ticket);
  if (job === undefined || job.created < expiryOf(parts.clock)) return undefined;
  return new Response(zipStream(job.keys, parts.storageOf(job.organizationId)), {
    headers: { "content-type": "application/zip", "content-disposition": 'attachment; filename="objects.zip"' },
  });
}

/** Packs one object after the other, so that only one is in memory. They are stored as they are. */
function zipStream(keys: readonly string[], storage: ObjectStorage): ReadableStream<Uint8Array> {
  const waiting = [...keys];
  let out: ReadableStreamDefaultController<Uint8Array> | undefined;
  const zip = new Zip((error, chunk) => {
    if (error === null) out?.enqueue(chunk);
    else out?.error(error);
  });
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      out = controller;
      const key = waiting.shift();
      if (key === undefined) {
        zip.end();
        controller.close();
        return;
      }
      const content = await storage.read(key);
      // Deleted since the download was asked for: the others are still wanted.
      if (content === undefined) return this.pull?.(controller);
      const entry = new ZipPassThrough(key);
      zip.add(entry);
      entry.push(content, true);
    },
  });
}
