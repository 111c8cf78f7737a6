import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { Kysely } from "kysely";
import { auditRecordSchema, type AuditRecord } from "../../domain/audit-record.ts";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { auditAnchorSchema, anchorFault, headOf, type Archived, type AuditAnchor } from "../../gateway/audit-anchor.ts";
import { ChainVerifier, GENESIS, type ChainHead, type ChainVerdict } from "../../gateway/audit-chain.ts";
import type { DeskTables } from "./schema.ts";

/** Row of `meta` that holds where the log begins. */
const ANCHOR = "audit/anchor";

/** @throws SyntaxError or a schema error where the row was made unreadable: the log is then not one that we wrote. */
export async function readAnchor(database: Kysely<DeskTables>): Promise<AuditAnchor | undefined> {
  const row = await database.selectFrom("meta").select("value").where("key", "=", ANCHOR).executeTakeFirst();
  return row === undefined ? undefined : auditAnchorSchema.parse(parseJson(row.value));
}

/** Takes archived records out of the log, in the transaction that records it. */
export async function dropArchived(transaction: Kysely<DeskTables>, anchor: AuditAnchor): Promise<void> {
  const value = JSON.stringify(anchor);
  await transaction
    .insertInto("meta")
    .values({ key: ANCHOR, value })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
    .execute();
  await transaction.deleteFrom("audit").where("seq", "<=", headOf(anchor).count).execute();
}

/**
 * Writes records to a compressed file of JSON lines, reads it back, and says what is in it. The file is there whole or
 * not at all.
 * @throws RefusalError `AUDIT_ARCHIVE_EXISTS`, `AUDIT_ARCHIVE_UNWRITABLE`, or `AUDIT_BROKEN` where what was read back
 * does not hold together.
 */
export async function writeArchive(
  file: string,
  records: AsyncIterable<AuditRecord>,
  chained: { readonly from: ChainHead; readonly key: string },
): Promise<Archived> {
  if (existsSync(file)) {
    throw new RefusalError({
      code: "AUDIT_ARCHIVE_EXISTS",
      message: `${file} is there already`,
      remedy: "name a new file with --archive; archives are never overwritten",
    });
  }
  const part = `${file}.part`;
  try {
    const output = createWriteStream(part, { mode: 0o600, flush: true });
    await pipeline(linesOf(records), createGzip(), output);
    const verifier = new ChainVerifier(chained.key, [], chained.from);
    for await (const record of archivedRecords(part)) verifier.add(record);
    const verdict = verifier.verdict();
    if (!verdict.ok) throw broken(verdict);
    const archived = {
      from: chained.from.count + 1,
      through: verdict.count,
      hash: verdict.head,
      sha256: await fileHash(part),
    };
    renameSync(part, file);
    return archived;
  } catch (error) {
    rmSync(part, { force: true });
    if (error instanceof RefusalError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = "name a file in a folder that can be written and has room";
    throw new RefusalError(
      { code: "AUDIT_ARCHIVE_UNWRITABLE", message: `the archive ${file} cannot be written: ${reason}`, remedy },
      { cause: error },
    );
  }
}

/** What a log is checked against besides itself. */
export interface ChainParts {
  readonly key: string;
  /** Heads that were kept apart. */
  readonly heads: readonly ChainHead[];
  readonly anchor: AuditAnchor | undefined;
  /** Files with what was archived; where none are given, the log is checked from its anchor on. */
  readonly archives: readonly string[];
}

/** Checks archives, anchor and log as one chain. */
export async function verifyChain(live: AsyncIterable<AuditRecord>, parts: ChainParts): Promise<ChainVerdict> {
  const { key, heads, anchor, archives } = parts;
  const fault = anchor === undefined ? undefined : anchorFault(anchor, key);
  if (fault !== undefined) return { ok: false, seq: 1, fault };
  if (archives.length > 0) {
    const verdict = await verifyArchives(parts);
    if (!verdict.ok) return verdict;
  }
  const verifier = new ChainVerifier(key, heads, anchor && headOf(anchor));
  for await (const record of live) verifier.add(record);
  return verifier.verdict();
}

async function verifyArchives({ key, anchor, archives }: ChainParts): Promise<ChainVerdict> {
  const verifier = new ChainVerifier(key);
  const files = new Map<string, string>();
  for (const file of archives) files.set(await fileHash(file).catch(() => `unreadable ${file}`), file);
  for (const { from, through, hash, sha256 } of anchor?.archives ?? []) {
    const file = files.get(sha256);
    if (file === undefined) verifier.fail(from, `no unchanged archive of records ${from} to ${through} was given`);
    else for await (const record of archivedRecords(file)) verifier.add(record);
    files.delete(sha256);
    const { head } = verifier;
    if (head.count !== through || head.hash !== hash) verifier.fail(from, "the archive does not end as it was written");
  }
  const [stranger] = files.values();
  if (stranger !== undefined) verifier.fail(1, `${stranger} is no archive of this log, or was changed`);
  return verifier.verdict();
}

async function* linesOf(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}

/** @throws where the file is none that we wrote. */
async function* archivedRecords(file: string): AsyncGenerator<AuditRecord> {
  const gunzip = createGunzip();
  // Without this a file that cannot be read ends the process instead of the check.
  const read = pipeline(createReadStream(file), gunzip).catch(() => undefined);
  for await (const line of createInterface({ input: gunzip, crlfDelay: Infinity })) {
    yield auditRecordSchema.parse(parseJson(line));
  }
  await read;
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function broken({ seq, fault }: Extract<ChainVerdict, { ok: false }>): RefusalError {
  return new RefusalError({
    code: "AUDIT_BROKEN",
    message: `the log is broken at record ${seq}: ${fault}`,
    remedy: "nothing is archived from a log that does not hold together; see `quantwright audit verify`",
  });
}

/** What stands before the first record of the log. */
export function startOf(anchor: AuditAnchor | undefined): ChainHead {
  return anchor === undefined ? { count: 0, hash: GENESIS } : headOf(anchor);
}
