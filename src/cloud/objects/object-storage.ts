import type { Clock } from "../../domain/clock.ts";
import type { CloudSettings, ObjectFolder, StoredObject } from "../ports.ts";
import type { CloudStore } from "../store-port.ts";
import { foldersOf, objectKey } from "./object-key.ts";
import { mimeOf } from "./object-mime.ts";

/** Why something was not stored: what was expected, and what came. */
export type ObjectWritten = { readonly ok: true } | { readonly ok: false; readonly error: string };

/** The object store of one organisation, as the API and algorithms use it. Keys may begin with a slash. */
export interface ObjectStorage {
  write(key: string, content: Uint8Array): Promise<ObjectWritten>;
  read(key: string): Promise<Uint8Array | undefined>;
  properties(key: string): Promise<StoredObject | undefined>;
  /** The direct children of a folder; the root is `/` or empty. Undefined for a path that is none. */
  list(folder: string): Promise<ObjectFolder | undefined>;
  /** All objects under a folder, or the object itself. */
  under(key: string): Promise<readonly StoredObject[]>;
  /** Removes an object, or a folder with all in it; false where there is neither. */
  delete(key: string): Promise<boolean>;
  /** Bytes and number of all objects. */
  usage(): Promise<{ readonly count: number; readonly bytes: number }>;
}

export interface ObjectStorageParts {
  readonly objects: CloudStore["objects"];
  readonly limits: CloudSettings["objectLimits"];
  readonly clock: Clock;
}

/** The object store of an organisation, with its limits. */
export function createObjectStorage(parts: ObjectStorageParts, organizationId: string): ObjectStorage {
  const { objects, clock } = parts;
  const withKey = async <T>(text: string, otherwise: T, work: (key: string) => Promise<T>): Promise<T> => {
    const key = objectKey(text);
    return key === undefined ? otherwise : work(key);
  };
  return {
    async write(text, content) {
      const key = objectKey(text);
      if (key === undefined)
        return { ok: false, error: `Invalid key, expected a path of at most 255 characters: ${text.slice(0, 300)}` };
      const error = await whyNot(parts, organizationId, { key, bytes: content.byteLength });
      if (error !== undefined) return { ok: false, error };
      await objects.write(organizationId, { key, content, mime: mimeOf(key, content), now: clock.now() });
      return { ok: true };
    },
    read: (text) => withKey(text, undefined, (key) => objects.read(organizationId, key)),
    properties: (text) => withKey(text, undefined, (key) => objects.properties(organizationId, key)),
    async list(folder) {
      if (folder.replaceAll("/", "") === "") return objects.list(organizationId, "");
      const key = objectKey(folder.replace(/\/$/, ""));
      return key === undefined ? undefined : objects.list(organizationId, key);
    },
    under: (text) =>
      text.replaceAll("/", "") === ""
        ? objects.under(organizationId, "")
        : withKey<readonly StoredObject[]>(text.replace(/\/$/, ""), [], async (key) => {
            const object = await objects.properties(organizationId, key);
            return object === undefined ? objects.under(organizationId, key) : [object];
          }),
    delete: (text) =>
      withKey(text.replace(/\/$/, ""), false, async (key) => (await objects.delete(organizationId, key)) > 0),
    usage: () => objects.usage(organizationId),
  };
}

async function whyNot(
  { objects, limits }: ObjectStorageParts,
  organizationId: string,
  { key, bytes }: { readonly key: string; readonly bytes: number },
): Promise<string | undefined> {
  if (bytes > limits.bytesEach) return `An object may have at most ${limits.bytesEach} bytes, but ${bytes} came.`;
  const before = await objects.properties(organizationId, key);
  const usage = await objects.usage(organizationId);
  if (before === undefined && usage.count >= limits.count) {
    return `The object store holds at most ${limits.count} objects; delete some first.`;
  }
  if (usage.bytes - (before?.size ?? 0) + bytes > limits.bytesInAll) {
    return `The object store holds at most ${limits.bytesInAll} bytes; delete some objects first.`;
  }
  for (const folder of foldersOf(key)) {
    if ((await objects.properties(organizationId, folder)) !== undefined)
      return `${folder} is an object, not a folder.`;
  }
  return before === undefined && (await objects.under(organizationId, key)).length > 0
    ? `${key} is a folder.`
    : undefined;
}
