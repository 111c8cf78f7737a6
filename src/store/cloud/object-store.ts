import { createHash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import { type ArtifactShelf, discard } from "./artifact-shelf.ts";
import type { CloudTables } from "./schema.ts";

export interface StoredObject {
  /** Path without a leading slash. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly md5: string;
  readonly mime: string;
  readonly created: number;
  readonly modified: number;
}

/** One directory of an object store: its own objects, and the folders with the latest change in them. */
export interface ObjectFolder {
  readonly objects: readonly StoredObject[];
  readonly folders: readonly { readonly key: string; readonly modified: number }[];
}

/** Objects of the organisations; equal contents lie on disk once. */
export class ObjectStore {
  readonly #database: Kysely<CloudTables>;
  readonly #shelf: ArtifactShelf;

  constructor(database: Kysely<CloudTables>, shelf: ArtifactShelf) {
    this.#database = database;
    this.#shelf = shelf;
  }

  /** Stores an object, or replaces the one of its key. */
  async write(
    organizationId: string,
    object: { readonly key: string; readonly content: Uint8Array; readonly mime: string; readonly now: number },
  ): Promise<void> {
    const { key, content, mime, now } = object;
    await this.#shelf.exclusive(async () => {
      const hash = await this.#shelf.files.put(content);
      const values = {
        hash,
        md5: createHash("md5").update(content).digest("hex"),
        mime,
        size: content.byteLength,
        modified: now,
      };
      await this.#database.transaction().execute(async (transaction) => {
        const before = await transaction
          .selectFrom("objects")
          .select("hash")
          .where("organization_id", "=", organizationId)
          .where("key", "=", key)
          .executeTakeFirst();
        if (before !== undefined && before.hash !== hash) await discard(transaction, [before.hash]);
        await transaction
          .insertInto("objects")
          .values({ organization_id: organizationId, key, created: now, ...values })
          .onConflict((conflict) => conflict.columns(["organization_id", "key"]).doUpdateSet(values))
          .execute();
      });
    });
  }

  async read(organizationId: string, key: string): Promise<Uint8Array | undefined> {
    const row = await this.#row(organizationId, key);
    return row === undefined ? undefined : this.#shelf.files.getBytes(row.hash);
  }

  async properties(organizationId: string, key: string): Promise<StoredObject | undefined> {
    const row = await this.#row(organizationId, key);
    return row === undefined ? undefined : objectOf(row);
  }

  /** All objects under a folder, by key; the empty text is the root. */
  async under(organizationId: string, folder: string): Promise<StoredObject[]> {
    const all = this.#database.selectFrom("objects").selectAll().where("organization_id", "=", organizationId);
    // Everything that begins with `folder/`, by the index of the primary key.
    const some = folder === "" ? all : all.where("key", ">=", `${folder}/`).where("key", "<", `${folder}0`);
    return (await some.orderBy("key").execute()).map(objectOf);
  }

  /** The direct children of a folder. */
  async list(organizationId: string, folder: string): Promise<ObjectFolder> {
    const start = folder === "" ? 0 : folder.length + 1;
    const objects: StoredObject[] = [];
    const folders = new Map<string, number>();
    for (const object of await this.under(organizationId, folder)) {
      const slash = object.key.indexOf("/", start);
      if (slash === -1) objects.push(object);
      else {
        const key = object.key.slice(0, slash);
        folders.set(key, Math.max(folders.get(key) ?? 0, object.modified));
      }
    }
    return { objects, folders: [...folders].map(([key, modified]) => ({ key, modified })) };
  }

  /** Removes an object, or all under a folder. Gives how many. */
  async delete(organizationId: string, key: string): Promise<number> {
    return this.#database.transaction().execute(async (transaction) => {
      const rows = await transaction
        .selectFrom("objects")
        .select(["key", "hash"])
        .where("organization_id", "=", organizationId)
        .where((where) =>
          where.or([where("key", "=", key), where.and([where("key", ">=", `${key}/`), where("key", "<", `${key}0`)])]),
        )
        .execute();
      await discard(
        transaction,
        rows.map(({ hash }) => hash),
      );
      for (const row of rows) {
        const remove = transaction.deleteFrom("objects").where("organization_id", "=", organizationId);
        await remove.where("key", "=", row.key).execute();
      }
      return rows.length;
    });
  }

  async usage(organizationId: string): Promise<{ count: number; bytes: number }> {
    const row = await this.#database
      .selectFrom("objects")
      .select(({ fn }) => [fn.countAll<number>().as("count"), fn.sum<number | null>("size").as("bytes")])
      .where("organization_id", "=", organizationId)
      .executeTakeFirstOrThrow();
    return { count: row.count, bytes: row.bytes ?? 0 };
  }

  /** Notes a download. Whoever has the ticket may fetch it. */
  async createJob(job: {
    readonly jobId: string;
    readonly organizationId: string;
    readonly ticket: string;
    readonly keys: readonly string[];
    readonly now: number;
  }): Promise<void> {
    const row = {
      job_id: job.jobId,
      organization_id: job.organizationId,
      ticket: job.ticket,
      keys: JSON.stringify(job.keys),
      created: job.now,
    };
    await this.#database.insertInto("object_jobs").values(row).execute();
  }

  async jobTicket(organizationId: string, jobId: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("object_jobs")
      .select("ticket")
      .where("job_id", "=", jobId)
      .where("organization_id", "=", organizationId)
      .executeTakeFirst();
    return row?.ticket;
  }

  async jobByTicket(ticket: string): Promise<{ organizationId: string; keys: string[]; created: number } | undefined> {
    const row = await this.#database
      .selectFrom("object_jobs")
      .select(["organization_id", "keys", "created"])
      .where("ticket", "=", ticket)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const keys = z.array(z.string()).parse(JSON.parse(row.keys));
    return { organizationId: row.organization_id, keys, created: row.created };
  }

  /** Forgets downloads that were asked for before a time. */
  async deleteJobsBefore(time: number): Promise<void> {
    await this.#database.deleteFrom("object_jobs").where("created", "<", time).execute();
  }

  async #row(organizationId: string, key: string): Promise<Selectable<CloudTables["objects"]> | undefined> {
    return this.#database
      .selectFrom("objects")
      .selectAll()
      .where("organization_id", "=", organizationId)
      .where("key", "=", key)
      .executeTakeFirst();
  }
}

function objectOf(row: Selectable<CloudTables["objects"]>): StoredObject {
  return { key: row.key, size: row.size, md5: row.md5, mime: row.mime, created: row.created, modified: row.modified };
}
