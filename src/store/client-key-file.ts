import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { clientNameSchema, type ClientKey } from "../domain/client-key.ts";
import { RefusalError } from "../domain/refusal.ts";
import { exclusively } from "./exclusively.ts";
import { documentReader, writeDocument } from "./json-document.ts";

const keySchema = z.strictObject({
  name: clientNameSchema,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  toolset: z.enum(["desk", "research", "full"]),
  createdAt: z.int(),
});
const fileSchema = z.strictObject({ version: z.literal(1), keys: z.array(keySchema) });

const MOST_KEYS = 1000;

/** The keys of HTTP clients, hashed, in a file of the data directory that the desk and commands read and write. */
export interface ClientKeyFile {
  /** @throws RefusalError `CLIENT_KEYS_UNREADABLE` */
  list(): readonly ClientKey[];
  /** @throws RefusalError `CLIENT_KEY_EXISTS` where the name has a key already. */
  add(client: Omit<ClientKey, "hash"> & { readonly key: string }): void;
  /** Whether there was one. */
  remove(name: string): boolean;
  /** Whose a key is; undefined where it is nobody's, and where the file cannot be read. */
  ownerOf(key: string): ClientKey | undefined;
}

export function openClientKeyFile(file: string): ClientKeyFile {
  const read = documentReader(file, fileSchema);
  const list = (): readonly ClientKey[] => {
    const found = read();
    if (found.kind === "absent") return [];
    if (found.kind === "read") return found.value.keys;
    throw new RefusalError({
      code: "CLIENT_KEYS_UNREADABLE",
      message: `the keys of HTTP clients cannot be read, so none counts: ${found.reason}`,
      remedy: "correct the file, or delete it and make new keys with `quantwright keys add`",
    });
  };
  const change = <T>(work: () => T): T => exclusively(`${file}.lock`, work);
  return {
    list,
    add: ({ key, ...client }) =>
      change(() => {
        const known = list();
        if (known.some(({ name }) => name === client.name)) throw exists(client.name);
        if (known.length >= MOST_KEYS) throw tooMany();
        writeDocument(file, { version: 1, keys: [...known, { ...client, hash: digest(key).toString("hex") }] });
      }),
    remove: (name) =>
      change(() => {
        const known = list();
        const rest = known.filter((one) => one.name !== name);
        if (rest.length !== known.length) writeDocument(file, { version: 1, keys: rest });
        return rest.length !== known.length;
      }),
    ownerOf: (key) => {
      const found = read();
      const given = digest(key);
      let owner: ClientKey | undefined;
      // All are compared, whichever it is: the time says nothing.
      for (const one of found.kind === "read" ? found.value.keys : [])
        if (timingSafeEqual(given, Buffer.from(one.hash, "hex"))) owner = one;
      return owner;
    },
  };
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function exists(name: string): RefusalError {
  return new RefusalError({
    code: "CLIENT_KEY_EXISTS",
    message: `${name} has a key already`,
    remedy: "remove it first with `quantwright keys remove`, or choose another name",
  });
}

function tooMany(): RefusalError {
  return new RefusalError({
    code: "CLIENT_KEYS_FULL",
    message: `there are ${MOST_KEYS} keys already`,
    remedy: "remove those that nobody uses: `quantwright keys list`",
  });
}
