import { z } from "zod";
import { apiTime } from "../api-time.ts";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText } from "../input-fields.ts";
import { DOWNLOAD_PATH, expiryOf } from "../objects/object-download.ts";
import { textOf } from "../objects/object-mime.ts";
import type { ObjectStorage } from "../objects/object-storage.ts";
import type { StoredObject } from "../ports.ts";
import { businessError, type Reply, type ReplyBody, reply } from "../reply.ts";

const PREVIEW_CHARACTERS = 500;
const MOST_KEYS = 1000;

const organizationId = z.string();
const keySchema = z.object({ organizationId, key: filledText });
const setSchema = keySchema.extend({
  objectData: z.union([z.string(), z.instanceof(Uint8Array)], "expected the part objectData with the content"),
});
const getSchema = z.object({
  organizationId,
  keys: absent(z.union([z.array(filledText).max(MOST_KEYS), filledText.transform((key) => [key])])),
  jobId: absent(filledText),
});
const listSchema = z.object({ organizationId, path: absent(z.string().max(1000)) });

export const objectEndpoints: Endpoints = {
  "/object/set": endpoint(setSchema, ({ key, objectData, ...input }, context) =>
    withStorage(input.organizationId, context, async (storage) => {
      const content = typeof objectData === "string" ? new TextEncoder().encode(objectData) : objectData;
      const written = await storage.write(key, content);
      context.jobs.sweep();
      return written.ok ? reply() : businessError(written.error);
    }),
  ),

  "/object/properties": endpoint(keySchema, ({ key, ...input }, context) =>
    withStorage(input.organizationId, context, async (storage) => {
      const object = await storage.properties(key);
      return object === undefined ? noObject(key) : reply({ metadata: await metadataBody(object, key, storage) });
    }),
  ),

  "/object/list": endpoint(listSchema, ({ path = "/", ...input }, context) =>
    withStorage(input.organizationId, context, async (storage) => {
      const listed = await storage.list(path);
      if (listed === undefined) return businessError(`Invalid path: ${path}`);
      const { bytes } = await storage.usage();
      const folders = listed.folders.map(({ key, modified }) =>
        entryBody({ key, modified, mime: "directory", size: 0, isFolder: true }),
      );
      const objects = listed.objects.map((object) => entryBody({ ...object, isFolder: false }));
      return reply({
        path,
        objects: [...folders, ...objects],
        page: 1,
        totalPages: 1,
        objectStorageUsed: bytes,
        objectStorageUsedHuman: humanBytes(bytes),
      });
    }),
  ),

  "/object/get": endpoint(getSchema, ({ keys, jobId, ...input }, context, caller) =>
    withStorage(input.organizationId, context, async (storage) => {
      if (jobId === undefined) return createJob(keys ?? [], storage, context);
      const ticket = await context.store.objects.jobTicket(input.organizationId, jobId);
      return ticket === undefined
        ? businessError(`Job not found: ${jobId}`)
        : reply({ jobId, url: `${caller.origin}/api/v2${DOWNLOAD_PATH}${ticket}` });
    }),
  ),

  "/object/delete": endpoint(keySchema, ({ key, ...input }, context) =>
    withStorage(input.organizationId, context, async (storage) => {
      if (!(await storage.delete(key))) return noObject(key);
      context.jobs.sweep();
      return reply();
    }),
  ),
};

async function withStorage(
  organization: string,
  { account, objectsOf }: CloudContext,
  then: (storage: ObjectStorage) => Promise<Reply>,
): Promise<Reply> {
  return organization === account.organizationId
    ? then(objectsOf(organization))
    : businessError(`Organization not found: ${organization}`);
}

async function createJob(keys: readonly string[], storage: ObjectStorage, context: CloudContext): Promise<Reply> {
  if (keys.length === 0) return businessError("Invalid argument keys: expected the key of at least one object");
  const found = await Promise.all(keys.map(async (key) => ({ key, objects: await storage.under(key) })));
  const unknown = found.filter(({ objects }) => objects.length === 0);
  if (unknown.length > 0) return noObject(unknown.map(({ key }) => key).join(", "));
  const { store, ids, clock, account } = context;
  const job = { jobId: ids.hex32(), ticket: ids.hex32(), organizationId: account.organizationId, now: clock.now() };
  await store.objects.deleteJobsBefore(expiryOf(clock));
  const wanted = new Set(found.flatMap(({ objects }) => objects.map(({ key }) => key)));
  await store.objects.createJob({ ...job, keys: [...wanted] });
  return reply({ jobId: job.jobId, url: null });
}

async function metadataBody(object: StoredObject, key: string, storage: ObjectStorage): Promise<ReplyBody> {
  const text = object.mime.startsWith("text/") || object.mime === "application/json";
  const content = text ? await storage.read(object.key) : undefined;
  return {
    key,
    modified: apiTime(object.modified),
    created: apiTime(object.created),
    size: object.size,
    md5: object.md5,
    mime: object.mime,
    preview: content === undefined ? null : (textOf(content) ?? "").slice(0, PREVIEW_CHARACTERS),
  };
}

function entryBody(entry: {
  readonly key: string;
  readonly modified: number;
  readonly mime: string;
  readonly size: number;
  readonly isFolder: boolean;
}): ReplyBody {
  const { key, modified, mime, size, isFolder } = entry;
  const name = key.slice(key.lastIndexOf("/") + 1);
  return { key, name, modified: apiTime(modified), mime, folder: isFolder, isFolder, size };
}

function humanBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(2))} ${units[power]}`;
}

function noObject(key: string): ReturnType<typeof businessError> {
  return businessError(`Object not found: ${key}`);
}
