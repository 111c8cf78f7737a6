import { setImmediate as immediate } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import type { AuditEntry, AuditRecord } from "../../domain/audit-record.ts";
import type { Clock } from "../../domain/clock.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { Principal } from "../../domain/principal.ts";
import { nextAnchor, type AuditAnchor } from "../../gateway/audit-anchor.ts";
import { chain, type ChainHead, type ChainVerdict } from "../../gateway/audit-chain.ts";
import type { LedgerCommit } from "../../gateway/ledger-port.ts";
import { argumentsHash } from "../../gateway/redact.ts";
import type { AuditHeadFile } from "../audit-head.ts";
import type { AuditWatermark } from "../audit-watermark.ts";
import type { DeskTables } from "./schema.ts";
import { useApproval } from "./approval-store.ts";
import { dropArchived, readAnchor, startOf, verifyChain, writeArchive } from "./audit-archive.ts";
import { auditRecords } from "./audit-records.ts";
import { recordOf, rowOf } from "./audit-row.ts";
import { callsOf } from "./calls-of.ts";
import { reserveCompute } from "./compute-store.ts";
import { HeadMarker } from "./head-marker.ts";
import { requireWholeLog } from "./require-whole-log.ts";
import { writeRisk } from "./risk-store.ts";
import { optimizationRow } from "./tracked-optimization-store.ts";
import { trialRow } from "./trial-row.ts";

interface Write extends LedgerCommit {
  /** Where the log begins from this record on. */
  readonly anchor?: AuditAnchor;
}

interface Waiting {
  readonly write: Write;
  readonly resolve: (record: AuditRecord) => void;
  readonly reject: (error: unknown) => void;
}

/** Records in one statement: both dialects limit the number of values. */
const MAX_GROUP = 500;
/** How long a commit that can wait does. */
const SOON_MILLISECONDS = 20;

/**
 * The audit log and what is committed with it.
 *
 * Invariants
 * 1. Records are numbered without gaps and each carries the hash of the one before (audit-chain.ts).
 * 2. `commit` resolves only after its record is durable.
 * 3. What waits while a commit runs goes into the next one together (group commit), in the order of arrival.
 * 4. The head kept apart never runs ahead of the database; after a crash it may lag behind. A second one in the vault
 *    lags further (head-marker.ts).
 * 5. Records leave the log only together with a signed anchor and the record that says so (audit-archive.ts).
 */
export class Ledger {
  readonly #database: Kysely<DeskTables>;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #headFile: AuditHeadFile;
  #head: ChainHead;
  readonly #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;
  readonly #marker: HeadMarker | undefined;
  readonly #watermark: AuditWatermark | undefined;

  private constructor(options: LedgerOptions, head: ChainHead) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#key = options.key;
    this.#headFile = options.headFile;
    this.#head = head;
    this.#watermark = options.watermark;
    this.#marker = options.watermark && new HeadMarker(options.watermark, () => this.#head);
  }

  /**
   * @throws RefusalError `AUDIT_TRUNCATED` where a head kept apart knows more records than the database holds, and
   * `AUDIT_HEAD_MISSING` where one of the two places that keep it has lost it.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const last = await options.database
      .selectFrom("audit")
      .select(["seq", "hash"])
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    const head =
      last === undefined ? startOf(await readAnchor(options.database)) : { count: last.seq, hash: last.hash };
    const mark = await options.watermark?.read();
    requireWholeLog(head, { file: options.headFile.read(), mark });
    const ledger = new Ledger(options, head);
    // A vault that cannot be written now still has the mark of before: no reason not to start.
    if (mark?.hash !== head.hash) await ledger.#marker?.now().catch(() => undefined);
    return ledger;
  }

  commit(write: LedgerCommit): Promise<AuditRecord> {
    return this.#enqueue(write);
  }

  #enqueue(write: Write): Promise<AuditRecord> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (write.soon === true) this.#later ??= setTimeout(() => this.#now(), SOON_MILLISECONDS);
      else this.#now();
    });
  }

  #now(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#flushing ??= this.#flush();
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** Resolves when all that was committed is durable. */
  async settled(): Promise<void> {
    if (this.#waiting.length > 0) this.#now();
    await this.#flushing;
  }

  /** Waits for what was committed, and marks how far it came. */
  async close(): Promise<void> {
    await this.settled();
    await this.#marker?.[Symbol.asyncDispose]();
  }

  async tail(count: number): Promise<AuditRecord[]> {
    const rows = await this.#database.selectFrom("audit").selectAll().orderBy("seq", "desc").limit(count).execute();
    return rows.reverse().map(recordOf);
  }

  /** Every record of a call or a run, by its id, with the calls that it made; in order. */
  async callsOf(id: string): Promise<AuditRecord[]> {
    return callsOf(this.#database, id);
  }

  /** All records in order up to a number, a thousand at a time. */
  records(through?: number): AsyncGenerator<AuditRecord> {
    return auditRecords(this.#database, through);
  }

  /** Checks the log, and with `archives` (files) also what was taken out of it. */
  async verify(archives: readonly string[] = []): Promise<ChainVerdict> {
    await this.settled();
    const kept = [this.#headFile.read(), await this.#watermark?.read()];
    const heads = kept.filter((head) => head !== undefined);
    const anchor = await readAnchor(this.#database).catch(() => "unreadable" as const);
    if (anchor === "unreadable") return { ok: false, seq: 1, fault: "the anchor of the archived records was changed" };
    return verifyChain(this.records(), { key: this.#key, heads, anchor, archives });
  }

  /**
   * Moves the records from before a time (microseconds UTC) to a file, and gives how many and the file's hash. Until
   * the file is whole and was read back nothing is taken out; what is taken out, and that it was, is one transaction.
   * @throws RefusalError `AUDIT_NOTHING_TO_PRUNE`, `AUDIT_ARCHIVE_EXISTS`, `AUDIT_ARCHIVE_UNWRITABLE`, `AUDIT_BROKEN`.
   */
  async prune(request: PruneRequest): Promise<{ readonly count: number; readonly sha256: string }> {
    const { before, file, principal, profile } = request;
    const anchor = await readAnchor(this.#database);
    const from = startOf(anchor);
    const audit = this.#database.selectFrom("audit");
    const kept = await audit.select("seq").where("at", ">=", before).orderBy("seq").limit(1).executeTakeFirst();
    const through = kept === undefined ? this.#head.count : kept.seq - 1;
    if (through <= from.count) {
      throw new RefusalError({
        code: "AUDIT_NOTHING_TO_PRUNE",
        message: "the log holds no records from before that time",
        remedy: "see `quantwright audit tail`",
      });
    }
    const archived = await writeArchive(file, this.records(through), { from, key: this.#key });
    const args = { from: archived.from, through: archived.through, sha256: archived.sha256 };
    const entry: AuditEntry = {
      kind: "event",
      callId: `audit-prune-${through}`,
      parentCallId: null,
      principal,
      tool: "audit.prune",
      class: null,
      profile,
      runId: null,
      argumentsHash: argumentsHash(args),
      arguments: JSON.stringify(args),
      result: "ok",
      detail: `records ${archived.from} to ${archived.through} were moved to an archive`,
    };
    await this.#enqueue({ entry, anchor: nextAnchor(anchor, archived, this.#key) });
    return { count: archived.through - archived.from + 1, sha256: archived.sha256 };
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What came in the same turn of the event loop goes together.
      await immediate();
      const batch = this.#waiting.splice(0, MAX_GROUP);
      await this.#commitTogether(batch).catch(() => this.#commitOneByOne(batch));
    }
    // In the same tick as the last look at the queue: a commit that comes later must start a new flush.
    this.#flushing = undefined;
  }

  async #commitTogether(batch: readonly Waiting[]): Promise<void> {
    let head = this.#head;
    const records = batch.map(({ write }) => {
      const record = chain(write.entry, { head, at: this.#clock.now(), key: this.#key });
      head = { count: record.seq, hash: record.hash };
      return record;
    });
    const committed = this.#database.transaction().execute(async (transaction) => {
      await transaction.insertInto("audit").values(records.map(rowOf)).execute();
      for (const { write } of batch) await this.#companions(transaction, write);
    });
    await committed.catch(async (error: unknown) => {
      // A connection that breaks at the commit leaves open whether it was made: only the table knows.
      if (!(await this.#endsWith(head))) throw error;
    });
    this.#head = head;
    this.#marker?.moved();
    try {
      this.#headFile.write(head);
    } catch (error) {
      // The records are there and must not be written twice, but what cannot be proved later is not done.
      for (const { write, reject } of batch) reject(faultOf(write, error));
      return;
    }
    batch.forEach(({ resolve }, index) => resolve(records[index] as AuditRecord));
  }

  /** One bad commit of a group must not take the others with it. */
  async #commitOneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const waiting of batch) {
      await this.#commitTogether([waiting]).catch((error: unknown) => waiting.reject(faultOf(waiting.write, error)));
    }
  }

  async #companions(transaction: Transaction<DeskTables>, write: Write): Promise<void> {
    const { entry, trials = [], optimization, intentKey, approvalUse, risk, compute, anchor } = write;
    if (anchor !== undefined) await dropArchived(transaction, anchor);
    if (approvalUse !== undefined) await useApproval(transaction, { ...approvalUse, at: this.#clock.now() });
    if (risk !== undefined) await writeRisk(transaction, risk);
    if (compute !== undefined) await reserveCompute(transaction, compute);
    for (let from = 0; from < trials.length; from += MAX_GROUP) {
      const rows = trials.slice(from, from + MAX_GROUP).map(trialRow);
      await transaction.insertInto("trials").values(rows).execute();
    }
    if (optimization !== undefined) {
      await transaction.insertInto("optimizations").values(optimizationRow(optimization)).execute();
    }
    if (intentKey !== undefined) {
      const claim = {
        key: intentKey,
        call_id: entry.callId,
        tool: entry.tool,
        arguments_hash: entry.argumentsHash,
        outcome: null,
        at: this.#clock.now(),
      };
      await transaction.insertInto("intents").values(claim).execute();
    }
  }

  async #endsWith(head: ChainHead): Promise<boolean> {
    const row = this.#database.selectFrom("audit").select("hash").where("seq", "=", head.count).executeTakeFirst();
    return row.then(
      (found) => found?.hash === head.hash,
      () => false,
    );
  }
}

export interface LedgerOptions {
  readonly database: Kysely<DeskTables>;
  readonly clock: Clock;
  /** The HMAC key, from the keychain. */
  readonly key: string;
  readonly headFile: AuditHeadFile;
  /** A second place for the head; left out where there is none. */
  readonly watermark?: AuditWatermark;
}

export interface PruneRequest {
  /** Microseconds UTC. */
  readonly before: number;
  /** Where the removed records go; must not be there yet. */
  readonly file: string;
  readonly principal: Principal;
  readonly profile: string;
}

function faultOf(write: LedgerCommit, error: unknown): RefusalError {
  // What stands or falls with a record may refuse it: an approval that another call was quicker to use.
  if (error instanceof RefusalError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (write.intentKey !== undefined && /(?:unique|duplicate).*\bintents/is.test(reason)) {
    return new RefusalError(
      {
        code: "DUPLICATE_INTENT",
        message: `a call with intent "${write.intentKey}" was made before`,
        remedy: "look up what became of it before you ask again; use a new intentId for a new intent",
      },
      { cause: error },
    );
  }
  return new RefusalError(
    {
      code: "AUDIT_UNAVAILABLE",
      message: `the call cannot be recorded: ${reason}`,
      remedy: "free disk space or make the data directory writable, then ask again",
      retryable: true,
    },
    { cause: error },
  );
}
