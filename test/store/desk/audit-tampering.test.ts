import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { sql, type Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChainVerifier } from "../../../src/gateway/audit-chain.ts";
import { openAuditHead } from "../../../src/store/audit-head.ts";
import { openAuditWatermark } from "../../../src/store/audit-watermark.ts";
import { Ledger } from "../../../src/store/desk/ledger.ts";
import { recordOf } from "../../../src/store/desk/audit-row.ts";
import { headlessLog, restoreHead, type HeadlessLog } from "../../../src/store/desk/restore-head.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { openFileVault } from "../../../src/store/vault/file-vault.ts";
import { deskDatabase, DIALECTS, steppingClock, testPlace, type TestPlace } from "../support/databases.ts";
import { auditEntry } from "../support/records.ts";
import { refusalOf } from "../support/refusal-of.ts";

const KEY = "k".repeat(64);
const START = 1_700_000_000_000_000;

interface LogUnderTest {
  readonly stack: AsyncDisposableStack;
  readonly place: TestPlace;
  readonly database: Kysely<DeskTables>;
  open(): Promise<Ledger>;
}

async function newLog(dialect: "sqlite" | "postgres"): Promise<LogUnderTest> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await testPlace(dialect));
  const { database } = stack.use(await deskDatabase(place));
  const vault = openFileVault(join(place.folder, "secrets.json"), join(place.folder, "secrets.key"));
  const open = (): Promise<Ledger> =>
    Ledger.open({
      database,
      clock: steppingClock(START),
      key: KEY,
      headFile: openAuditHead(join(place.folder, "head.json")),
      watermark: openAuditWatermark(vault),
    });
  return { stack, place, database, open };
}

/** Entries of every form: with and without what may be absent. */
async function write(ledger: Ledger, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    const more = index % 2 === 0 ? { account: "L-7", approvalId: `a${index}`, policyVersion: "p1", runId: "r" } : {};
    await ledger.commit({ entry: auditEntry({ callId: `c${index}`, ...more }) });
  }
}

describe.each(DIALECTS.filter(({ missing }) => !missing))("an audit log on $name", ({ dialect }) => {
  let log: LogUnderTest;
  let ledger: Ledger;
  beforeEach(async () => {
    log = await newLog(dialect);
    ledger = await log.open();
  });
  afterEach(async () => {
    await ledger.close();
    await log.stack.disposeAsync();
  });
  const file = (name: string): string => join(log.place.folder, name);
  const cut = (after: number): Promise<unknown> => sql`delete from audit where seq > ${after}`.execute(log.database);

  it("marks in the vault how far it came: a second after a thousand records, and when it is closed", async () => {
    const vault = openFileVault(file("secrets.json"), file("secrets.key"));
    const marked = async (): Promise<number | undefined> => (await openAuditWatermark(vault).read())?.count;
    const entries = Array.from({ length: 1001 }, (_, index) => auditEntry({ callId: `c${index}` }));
    await Promise.all(entries.map((entry) => ledger.commit({ entry })));
    await expect.poll(marked, { timeout: 5000 }).toBeGreaterThanOrEqual(1000);
    await write(ledger, 1);
    await ledger.close();
    expect(await marked()).toBe(1002);
  });

  it("starts and goes on while the vault cannot be written, and marks again once it can", async () => {
    await write(ledger, 2);
    mkdirSync(file("secrets.json.next"));
    await ledger.close();
    ledger = await log.open();
    await write(ledger, 1);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 3 });
    rmSync(file("secrets.json.next"), { recursive: true });
    await ledger.close();
    rmSync(file("head.json"));
    expect(await refusalOf(log.open())).toMatchObject({ code: "AUDIT_HEAD_MISSING" });
  });

  it("does not start when its end and the file with its head were both taken away", async () => {
    await write(ledger, 5);
    await ledger.close();
    await cut(3);
    rmSync(file("head.json"));
    expect(await refusalOf(log.open())).toMatchObject({ code: "AUDIT_TRUNCATED" });
    await cut(0);
    expect(await refusalOf(log.open())).toMatchObject({ code: "AUDIT_TRUNCATED" });
  });

  it("does not start without the file with its head, though no record that was marked is missing", async () => {
    await write(ledger, 2);
    await ledger.close();
    rmSync(file("head.json"));
    expect(await refusalOf(log.open())).toMatchObject({ code: "AUDIT_HEAD_MISSING" });
  });

  it("gets no new head where records were changed, or cut below what the vault knows", async () => {
    await write(ledger, 4);
    await ledger.close();
    rmSync(file("head.json"));
    const options = {
      database: log.database,
      clock: steppingClock(START + 9),
      key: KEY,
      headFile: openAuditHead(file("head.json")),
      watermark: openAuditWatermark(openFileVault(file("secrets.json"), file("secrets.key"))),
    };
    const found = await headlessLog(options);
    expect(found).toMatchObject({ head: { count: 4 }, marked: 4 });
    await sql`update audit set detail = 'another' where seq = 2`.execute(log.database);
    expect(await refusalOf(headlessLog(options))).toMatchObject({ code: "AUDIT_BROKEN" });
    await sql`update audit set detail = '' where seq = 2`.execute(log.database);
    await restoreHead(options, found as HeadlessLog, auditEntry({ tool: "audit.restore-head" }));
    expect(await headlessLog(options)).toBeUndefined();
    ledger = await log.open();
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 5 });
    await ledger.close();
    rmSync(file("head.json"));
    await cut(3);
    expect(await refusalOf(headlessLog(options))).toMatchObject({ code: "AUDIT_BROKEN" });
  });

  it("shows in verification that it was written anew, also where the file with its head was", async () => {
    await write(ledger, 4);
    await ledger.close();
    await cut(2);
    const forged = await Ledger.open({
      database: log.database,
      clock: steppingClock(START + 9),
      key: KEY,
      headFile: { read: () => undefined, write: (head) => openAuditHead(file("head.json")).write(head) },
    });
    await write(forged, 3);
    const verdict = await ledger.verify();
    expect(verdict).toMatchObject({ ok: false, seq: 4 });
  });

  it("keeps its chain when old records move to an archive, and shows what was changed in either", async () => {
    await write(ledger, 9);
    const all = await ledger.tail(9);
    const before = all[5]?.at ?? 0;
    const { count } = await ledger.prune({ before, file: file("a.gz"), principal: "cli", profile: "local" });
    expect(count).toBe(5);
    expect((await ledger.tail(99)).map(({ seq, tool }) => [seq, tool]).at(0)?.[0]).toBe(6);
    expect((await ledger.tail(1))[0]).toMatchObject({ kind: "event", tool: "audit.prune", seq: 10 });
    const archived = gunzipSync(readFileSync(file("a.gz")))
      .toString()
      .trim()
      .split("\n");
    expect(archived.map((line) => JSON.parse(line) as unknown)).toEqual(all.slice(0, 5));
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 10 });
    expect(await ledger.verify([file("a.gz")])).toMatchObject({ ok: true, count: 10 });
    // A second one goes on where the first ended, and the log after a restart where both did.
    await ledger.prune({ before: all[8]?.at ?? 0, file: file("b.gz"), principal: "cli", profile: "local" });
    await ledger.close();
    ledger = await log.open();
    await write(ledger, 2);
    expect(await ledger.verify([file("b.gz"), file("a.gz")])).toMatchObject({ ok: true, count: 13 });
    expect(await ledger.verify([file("b.gz")])).toMatchObject({ ok: false, seq: 1 });
    const edited = archived.map((line, index) => (index === 2 ? line.replace("c3", "c4") : line)).join("\n");
    writeFileSync(file("a.gz"), gzipSync(`${edited}\n`));
    expect(await ledger.verify([file("a.gz"), file("b.gz")])).toMatchObject({ ok: false, seq: 1 });
    await sql`delete from audit where seq = 9`.execute(log.database);
    expect(await ledger.verify()).toMatchObject({ ok: false, seq: 9 });
  });

  it("shows that its anchor was moved, taken away or made up", async () => {
    await write(ledger, 6);
    const before = (await ledger.tail(6))[2]?.at ?? 0;
    await ledger.prune({ before, file: file("a.gz"), principal: "cli", profile: "local" });
    const anchors = log.database.selectFrom("meta").select("value").where("key", "=", "audit/anchor");
    const { value } = await anchors.executeTakeFirstOrThrow();
    const set = (text: string): Promise<unknown> =>
      log.database.updateTable("meta").set({ value: text }).where("key", "=", "audit/anchor").execute();
    await set(value.replace('"through":2', '"through":3'));
    await sql`delete from audit where seq = 3`.execute(log.database);
    expect(await ledger.verify()).toMatchObject({ ok: false, fault: expect.stringContaining("anchor") as string });
    await set("{}");
    expect(await ledger.verify()).toMatchObject({ ok: false, fault: expect.stringContaining("anchor") as string });
    await sql`delete from meta where key = 'audit/anchor'`.execute(log.database);
    expect(await ledger.verify()).toMatchObject({ ok: false, seq: 1 });
  });

  it("loses nothing when an archive cannot be written or recorded", async () => {
    await write(ledger, 4);
    const before = (await ledger.tail(1))[0]?.at ?? 0;
    const prune = (name: string): Promise<unknown> =>
      ledger.prune({ before, file: file(name), principal: "cli", profile: "local" });
    writeFileSync(file("there.gz"), "mine");
    expect(await refusalOf(prune("there.gz"))).toMatchObject({ code: "AUDIT_ARCHIVE_EXISTS" });
    expect(readFileSync(file("there.gz"), "utf8")).toBe("mine");
    expect(await refusalOf(prune("no/such/folder.gz"))).toMatchObject({ code: "AUDIT_ARCHIVE_UNWRITABLE" });
    await sql.raw(`alter table meta rename to elsewhere`).execute(log.database);
    await expect(prune("first.gz")).rejects.toThrow(/meta/);
    await sql.raw(`alter table elsewhere rename to meta`).execute(log.database);
    // The archive is whole and the record of it is not: what was to be removed is still there.
    rmSync(file("head.json"));
    mkdirSync(file("head.json"));
    expect(await refusalOf(prune("second.gz"))).toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    rmSync(file("head.json"), { recursive: true });
    expect(existsSync(file("second.gz"))).toBe(true);
    expect(await ledger.verify([file("second.gz")])).toMatchObject({ ok: true, count: 5 });
    expect(await refusalOf(prune("third.gz"))).toMatchObject({ code: "AUDIT_NOTHING_TO_PRUNE" });
  });

  it("does not archive what does not hold together", async () => {
    await write(ledger, 4);
    const before = (await ledger.tail(1))[0]?.at ?? 0;
    await sql`update audit set detail = 'x' where seq = 2`.execute(log.database);
    const refused = ledger.prune({ before, file: file("a.gz"), principal: "cli", profile: "local" });
    expect(await refusalOf(refused)).toMatchObject({ code: "AUDIT_BROKEN" });
    expect(existsSync(file("a.gz"))).toBe(false);
    expect(await ledger.tail(9)).toHaveLength(4);
  });
});

const RECORDS = 8;
const TEXTS = [
  "kind",
  "call_id",
  "parent_call_id",
  "principal",
  "tool",
  "class",
  "profile",
  "run_id",
  "arguments_hash",
  "arguments",
  "result",
  "detail",
  "account",
  "approval_id",
  "policy_version",
  "previous_hash",
  "hash",
] as const;
const NULLABLE: ReadonlySet<string> = new Set([
  "parent_call_id",
  "class",
  "run_id",
  "account",
  "approval_id",
  "policy_version",
]);

type Row = ReturnType<typeof rowsOf>[number];
const rowsOf = (rows: readonly Record<string, unknown>[]): Record<string, unknown>[] => rows.map((row) => ({ ...row }));

/** The same with some columns of a row replaced; rows that an earlier mutation removed stay away. */
const put = (rows: Row[], at: number, columns: Row | undefined): Row[] =>
  at < rows.length && columns !== undefined ? rows.with(at, { ...rows[at], ...columns }) : rows;

const place = fc.nat({ max: RECORDS - 1 });
const mutation: fc.Arbitrary<(rows: Row[]) => Row[]> = fc.oneof(
  fc.record({ at: place, column: fc.constantFrom(...TEXTS), value: fc.oneof(fc.string(), fc.constant(null)) }).map(
    ({ at, column, value }) =>
      (rows: Row[]) =>
        value === null && !NULLABLE.has(column) ? rows : put(rows, at, { [column]: value }),
  ),
  fc.record({ at: place, column: fc.constantFrom("seq", "at"), value: fc.integer() }).map(
    ({ at, column, value }) =>
      (rows: Row[]) =>
        put(rows, at, { [column]: value }),
  ),
  place.map((at) => (rows: Row[]) => rows.toSpliced(at, 1)),
  fc.tuple(place, place).map(
    ([from, to]) =>
      (rows: Row[]) =>
        rows.toSpliced(to, 0, { ...rows[from] }),
  ),
  fc.tuple(place, place).map(
    ([a, b]) =>
      (rows: Row[]) =>
        put(put(rows, a, rows[b]), b, rows[a]),
  ),
  // Content and place change together, as one does who knows the form but not the key.
  fc.tuple(place, place, fc.constantFrom(...TEXTS)).map(
    ([a, b, column]) =>
      (rows: Row[]) =>
        put(put(rows, a, { [column]: rows[b]?.[column] }), b, { [column]: rows[a]?.[column] }),
  ),
);

describe("verification", () => {
  it("finds every change of any field of any record, and every deletion, insertion and swap", async () => {
    const log = await newLog("sqlite");
    await using _ = log.stack;
    const ledger = await log.open();
    await write(ledger, RECORDS);
    await ledger.close();
    const stored = await log.database.selectFrom("audit").selectAll().orderBy("seq").execute();
    const rows = rowsOf(stored);
    const verified = (some: readonly Row[]): boolean => {
      const verifier = new ChainVerifier(KEY, [ledger.head]);
      for (const row of some) verifier.add(recordOf(row as unknown as (typeof stored)[number]));
      return verifier.verdict().ok;
    };
    expect(verified(rows)).toBe(true);
    let changed = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const after = mutations.reduce((some, mutate) => mutate(some), rows);
        const isSame = JSON.stringify(after) === JSON.stringify(rows);
        changed += isSame ? 0 : 1;
        expect(verified(after)).toBe(isSame);
      }),
      { numRuns: 10_000 },
    );
    expect(changed).toBeGreaterThan(8000);
  });
});
