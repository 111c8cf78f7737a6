import type { Kysely, Transaction } from "kysely";
import type { AuditRecord } from "../../domain/audit-record.ts";
import type { Clock } from "../../domain/clock.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { chain, ChainVerifier, GENESIS, type ChainHead, type ChainVerdict } from "../../gateway/audit-chain.ts";
import type { LedgerCommit } from "../../gateway/ledger-port.ts";
import type { AuditHeadFile } from "../audit-head.ts";
import type { DeskTables } from "./schema.ts";
import { useApproval } from "./approval-store.ts";
import { recordOf, rowOf } from "./audit-row.ts";
import { writeRisk } from "./risk-store.ts";
import { optimizationRow } from "./tracked-optimization-store.ts";
import { trialRow } from "./trial-row.ts";

interface Waiting {
  readonly write: LedgerCommit;
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
 * 4. The head kept apart never runs ahead of the database; after a crash it may lag behind.
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

  private constructor(options: LedgerOptions, head: ChainHead) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#key = options.key;
    this.#headFile = options.headFile;
    this.#head = head;
  }

  /** @throws RefusalError `AUDIT_TRUNCATED` where the head kept apart knows more records than the database holds. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const last = await options.database
      .selectFrom("audit")
      .select(["seq", "hash"])
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    const head = last === undefined ? { count: 0, hash: GENESIS } : { count: last.seq, hash: last.hash };
    const kept = options.headFile.read();
    if (kept !== undefined && kept.count > head.count) {
      throw new RefusalError({
        code: "AUDIT_TRUNCATED",
        message: `the audit log holds ${head.count} records, but ${kept.count} were written`,
        remedy: "restore the store from a backup; the desk does not start on a truncated log",
      });
    }
    return new Ledger(options, head);
  }

  commit(write: LedgerCommit): Promise<AuditRecord> {
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

  async tail(count: number): Promise<AuditRecord[]> {
    const rows = await this.#database.selectFrom("audit").selectAll().orderBy("seq", "desc").limit(count).execute();
    return rows.reverse().map(recordOf);
  }

  /** All records in order, a thousand at a time. */
  async *records(): AsyncGenerator<AuditRecord> {
    for (let after = 0; ;) {
      const rows = await this.#database
        .selectFrom("audit")
        .selectAll()
        .where("seq", ">", after)
        .orderBy("seq")
        .limit(1000)
        .execute();
      if (rows.length === 0) return;
      for (const row of rows) yield recordOf(row);
      after = rows.at(-1)?.seq ?? after;
    }
  }

  async verify(): Promise<ChainVerdict> {
    await this.settled();
    const verifier = new ChainVerifier(this.#key, this.#headFile.read());
    for await (const record of this.records()) verifier.add(record);
    return verifier.verdict();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
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

  async #companions(transaction: Transaction<DeskTables>, write: LedgerCommit): Promise<void> {
    const { entry, trials = [], optimization, intentKey, approvalUse, risk } = write;
    if (approvalUse !== undefined) await useApproval(transaction, { ...approvalUse, at: this.#clock.now() });
    if (risk !== undefined) await writeRisk(transaction, risk);
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
