import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sql, type Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditHead, type AuditHeadFile } from "../../../src/store/audit-head.ts";
import { Ledger } from "../../../src/store/desk/ledger.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { TrialStore } from "../../../src/store/desk/trial-store.ts";
import { deskDatabase, DIALECTS, steppingClock, testPlace, type TestPlace } from "../support/databases.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { auditEntry, openTrial } from "../support/records.ts";

const KEY = "k".repeat(64);

describe.each(DIALECTS.filter(({ missing }) => !missing))("the ledger on $name", ({ dialect }) => {
  let place: TestPlace;
  let stack: AsyncDisposableStack;
  let database: Kysely<DeskTables>;
  let headFile: AuditHeadFile;
  let ledger: Ledger;

  const open = (): Promise<Ledger> => Ledger.open({ database, clock: steppingClock(), key: KEY, headFile });
  const write = async (count: number): Promise<void> => {
    for (let index = 1; index <= count; index += 1) await ledger.commit({ entry: auditEntry({ callId: `c${index}` }) });
  };

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    place = stack.use(await testPlace(dialect));
    ({ database } = stack.use(await deskDatabase(place)));
    headFile = openAuditHead(join(place.folder, "audit-head.json"));
    ledger = await open();
  });
  afterEach(() => stack.disposeAsync());

  it("answers a commit only when another connection can read the record", async () => {
    const other = stack.use(await deskDatabase(place));
    const { seq, hash } = await ledger.commit({ entry: auditEntry({ callId: "seen" }) });
    const row = await other.database.selectFrom("audit").selectAll().where("seq", "=", seq).executeTakeFirstOrThrow();
    expect(row).toMatchObject({ call_id: "seen", hash });
    expect(headFile.read()).toEqual({ count: seq, hash });
  });

  it("numbers commits that come at once in the order of their arrival, and the chain holds", async () => {
    const names = Array.from({ length: 1200 }, (_, index) => `c${index}`);
    const records = await Promise.all(names.map((callId) => ledger.commit({ entry: auditEntry({ callId }) })));
    expect(records.map(({ seq }) => seq)).toEqual(names.map((_, index) => index + 1));
    expect(records.map(({ callId }) => callId)).toEqual(names);
    expect(await ledger.verify()).toEqual({ ok: true, count: 1200, head: records.at(-1)?.hash });
  });

  it("wakes every one of thousands of commits that come between flushes", async () => {
    const callers = Array.from({ length: 20 }, async (_, caller) => {
      for (let turn = 0; turn < 100; turn += 1) {
        await ledger.commit({ entry: auditEntry({ callId: `${caller}-${turn}` }) });
        if ((turn + caller) % 3 === 0) await new Promise(setImmediate);
        else if ((turn + caller) % 7 === 0) await delay(0);
      }
    });
    await Promise.all(callers);
    expect(ledger.head.count).toBe(2000);
    await ledger.settled();
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 2000 });
  });

  it("wakes a commit that comes any number of steps after the one before was answered", async () => {
    for (let steps = 0; steps < 60; steps += 1) {
      await ledger.commit({ entry: auditEntry() });
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      await ledger.commit({ entry: auditEntry() });
    }
    expect(ledger.head.count).toBe(120);
  });

  it("fails one bad commit of a group alone, and leaves no gap", async () => {
    const group = ["a", "b", "c", "d"].map((callId) =>
      ledger.commit({ entry: auditEntry({ callId }), intentKey: callId === "c" ? "host/a" : `host/${callId}` }),
    );
    const ends = await Promise.allSettled(group);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(ends[2]).toMatchObject({ reason: { refusal: { code: "DUPLICATE_INTENT" } } });
    expect((await ledger.tail(10)).map(({ callId, seq }) => [callId, seq])).toEqual([
      ["a", 1],
      ["b", 2],
      ["d", 3],
    ]);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 3 });
  });

  it("refuses a second claim of an intent key, also after a restart", async () => {
    await ledger.commit({ entry: auditEntry(), intentKey: "host/once" });
    ledger = await open();
    await expect(ledger.commit({ entry: auditEntry(), intentKey: "host/once" })).rejects.toMatchObject({
      refusal: { code: "DUPLICATE_INTENT" },
    });
    await ledger.commit({ entry: auditEntry(), intentKey: "cli/once" });
    expect(ledger.head.count).toBe(2);
  });

  it("opens a trial with its intent, or neither", async () => {
    const trials = new TrialStore(database);
    await ledger.commit({ entry: auditEntry(), trials: [openTrial()] });
    expect(await trials.byId("t1")).toEqual(openTrial());
    const again = ledger.commit({ entry: auditEntry(), trials: [openTrial()], intentKey: "host/x" });
    // The key was free: what failed is the record of the trial.
    await expect(again).rejects.toMatchObject({ refusal: { code: "AUDIT_UNAVAILABLE" } });
    expect(ledger.head.count).toBe(1);
    await ledger.commit({ entry: auditEntry(), intentKey: "host/x" });
  });

  const faults: readonly (readonly [string, string, RegExp])[] = [
    ["an edited record", `update audit set detail = 'x' where seq = 3`, /record 3 was changed/],
    ["an edited number of the time", `update audit set at = at + 1 where seq = 2`, /record 2 was changed/],
    ["an impossible value", `update audit set kind = 'nothing' where seq = 4`, /record 4 was changed/],
    ["a gap", `delete from audit where seq = 2`, /expected record 2, found 3/],
    [
      "two records in each other's place",
      `update audit set seq = case seq when 2 then -3 when 3 then -2 else seq end; update audit set seq = -seq where seq < 0`,
      /record 2 does not follow record 1/,
    ],
    ["a missing end", `delete from audit where seq > 3`, /ends at record 3, but 5 were written/],
  ];
  it.each(faults)("finds %s", async (_, edit, fault) => {
    await write(5);
    for (const statement of edit.split("; ")) await sql.raw(statement).execute(database);
    const verdict = await ledger.verify();
    expect(verdict.ok ? "no fault" : verdict.fault).toMatch(fault);
  });

  it("finds a log that was written anew with another key, though it holds together", async () => {
    await write(3);
    const kept = headFile.read();
    await sql.raw(`delete from audit`).execute(database);
    const forger = await Ledger.open({
      database,
      clock: steppingClock(5),
      key: KEY,
      headFile: { read: () => undefined, write: () => undefined },
    });
    for (let index = 0; index < 3; index += 1) await forger.commit({ entry: auditEntry({ callId: "forged" }) });
    expect(headFile.read()).toEqual(kept);
    const verdict = await ledger.verify();
    expect(verdict.ok ? "no fault" : verdict.fault).toMatch(/record 3 is not the one whose hash was kept apart/);
    const wrongKey = await Ledger.open({ database, clock: steppingClock(), key: "other", headFile });
    expect(await wrongKey.verify()).toMatchObject({ ok: false, seq: 1 });
  });

  it("does not start on a truncated log, and starts with a head that lags behind", async () => {
    await write(4);
    const all = headFile.read();
    const second = (await ledger.tail(4))[1];
    headFile.write({ count: 2, hash: second?.hash ?? "" });
    ledger = await open();
    expect(ledger.head).toEqual(all);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 4 });
    await ledger.commit({ entry: auditEntry({ callId: "fifth" }) });
    await sql.raw(`delete from audit where seq > 3`).execute(database);
    await expect(open()).rejects.toMatchObject({ refusal: { code: "AUDIT_TRUNCATED" } });
  });

  it("refuses a commit when the store cannot be written, and goes on when it can again", async () => {
    await write(1);
    await sql.raw(`alter table audit rename to elsewhere`).execute(database);
    await expect(ledger.commit({ entry: auditEntry() })).rejects.toMatchObject({
      refusal: { code: "AUDIT_UNAVAILABLE", retryable: true },
    });
    await sql.raw(`alter table elsewhere rename to audit`).execute(database);
    await write(1);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 2 });
  });

  it("refuses when the head cannot be kept apart, and writes no record twice", async () => {
    await write(1);
    const blocked = join(place.folder, "audit-head.json");
    // A folder in the place of the file fails as a read-only disk does.
    rmSync(blocked);
    mkdirSync(blocked);
    const group = [1, 2].map((index) => ledger.commit({ entry: auditEntry({ callId: `b${index}` }) }));
    for (const end of await Promise.allSettled(group))
      expect(end).toMatchObject({ status: "rejected", reason: { refusal: { code: "AUDIT_UNAVAILABLE" } } });
    rmSync(blocked, { recursive: true });
    await ledger.commit({ entry: auditEntry({ callId: "after" }) });
    expect((await ledger.tail(9)).map(({ callId }) => callId)).toEqual(["c1", "b1", "b2", "after"]);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 4 });
  });

  it("takes a commit whose answer was lost for what it is: made once", async () => {
    const breaking = new Proxy(database, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (name !== "transaction") return typeof member === "function" ? (member.bind(target) as unknown) : member;
        return () => ({
          execute: async (work: Parameters<ReturnType<typeof target.transaction>["execute"]>[0]) => {
            await target.transaction().execute(work);
            throw new Error("Connection terminated unexpectedly");
          },
        });
      },
    });
    const lossy = await Ledger.open({ database: breaking, clock: steppingClock(), key: KEY, headFile });
    const records = await Promise.all([1, 2].map(() => lossy.commit({ entry: auditEntry() })));
    expect(records.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await lossy.verify()).toMatchObject({ ok: true, count: 2 });
  });
});

describe("the ledger on a full disk", () => {
  it("refuses the commit and keeps what was written", async () => {
    await using place = await testPlace("sqlite");
    await using store = await deskDatabase(place);
    const headFile = openAuditHead(join(place.folder, "head.json"));
    const ledger = await Ledger.open({ database: store.database, clock: steppingClock(), key: KEY, headFile });
    await ledger.commit({ entry: auditEntry() });
    await sql.raw(`pragma max_page_count = 1`).execute(store.database);
    const large = auditEntry({ detail: "x".repeat(500_000) });
    const refusal = await refusalOf(ledger.commit({ entry: large }));
    expect(refusal.code).toBe("AUDIT_UNAVAILABLE");
    expect(refusal.message).toMatch(/full/);
    await sql.raw(`pragma max_page_count = 100000`).execute(store.database);
    await ledger.commit({ entry: auditEntry() });
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 2 });
  });
});

describe("the head of the audit log", () => {
  it.each(["", "{", `{"count":"many","hash":""}`])("refuses a file that holds %j", async (content) => {
    await using place = await testPlace("sqlite");
    const file = join(place.folder, "head.json");
    writeFileSync(file, content);
    expect(await refusalOf(() => openAuditHead(file).read())).toMatchObject({ code: "AUDIT_HEAD_CORRUPT" });
  });
});

describe("the two slots of the head's file", () => {
  const head = (count: number): { count: number; hash: string } => ({ count, hash: String(count % 10).repeat(64) });

  it("hold the last head through any number of writes and openings, in a file that does not grow", async () => {
    await using place = await testPlace("sqlite");
    const file = join(place.folder, "head.json");
    expect(openAuditHead(file).read()).toBeUndefined();
    for (let opening = 0; opening < 3; opening += 1) {
      const opened = openAuditHead(file);
      for (let count = 1; count <= 5; count += 1) {
        opened.write(head(opening * 5 + count));
        expect(openAuditHead(file).read()).toEqual(head(opening * 5 + count));
      }
    }
    expect(statSync(file)).toMatchObject({ size: 512 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("leave the head before where a write was cut off, at whichever byte", async () => {
    await using place = await testPlace("sqlite");
    const file = join(place.folder, "head.json");
    const opened = openAuditHead(file);
    opened.write(head(7));
    opened.write(head(8));
    const before = readFileSync(file);
    opened.write(head(9));
    const after = readFileSync(file);
    for (let cut = 0; cut <= after.length; cut += 1) {
      writeFileSync(file, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
      const count = openAuditHead(file).read()?.count;
      expect(count === 8 || count === 9).toBe(true);
      // What goes on after such a cut never overwrites the one head that is whole.
      openAuditHead(file).write(head(10));
      expect(openAuditHead(file).read()).toEqual(head(10));
    }
  });

  it("take over a file of earlier versions, which held one head", async () => {
    await using place = await testPlace("sqlite");
    const file = join(place.folder, "head.json");
    writeFileSync(file, JSON.stringify(head(3)));
    const opened = openAuditHead(file);
    expect(opened.read()).toEqual(head(3));
    opened.write(head(4));
    expect(openAuditHead(file).read()).toEqual(head(4));
  });
});

describe("both dialects", () => {
  it.skipIf(DIALECTS.some(({ missing }) => missing))(
    "are tested here (skipped where no Postgres answers at DATABASE_URL_TEST)",
    () => {
      expect(DIALECTS).toHaveLength(2);
    },
  );
});
