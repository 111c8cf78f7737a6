import { join } from "node:path";
import { array, assert, asyncProperty, integer, nat, record } from "fast-check";
import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ComputeLimit } from "../../../src/domain/compute-budget.ts";
import { Decimal } from "../../../src/domain/decimal.ts";
import { RefusalError } from "../../../src/domain/refusal.ts";
import type { ComputeStore, ComputeWrite } from "../../../src/gateway/compute/compute-store.ts";
import { openAuditHead } from "../../../src/store/audit-head.ts";
import { createComputeStore } from "../../../src/store/desk/compute-store.ts";
import { Ledger } from "../../../src/store/desk/ledger.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { TrackedOptimizationStore } from "../../../src/store/desk/tracked-optimization-store.ts";
import { TrialStore } from "../../../src/store/desk/trial-store.ts";
import { estimated } from "../../gateway/compute/support.ts";
import { deskDatabase, DIALECTS, steppingClock, testPlace } from "../support/databases.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { auditEntry, openTrial, trialResult } from "../support/records.ts";

const DAY = "2026-11-21";
const MINUTE = 60_000;
const dollars = (amount: string) => ({ amount: Decimal.parse(amount), currency: "USD" });
const LIMIT: ComputeLimit = { minutesPerDay: 10, moneyPerDay: dollars("5") };

function reserving(
  callId: string,
  minutes: number,
  more: {
    readonly money?: string;
    readonly principal?: string;
    readonly day?: string;
    readonly limit?: ComputeLimit;
  } = {},
): ComputeWrite {
  const { money = "0", principal = "host", day = DAY, limit = LIMIT } = more;
  const estimate = { ...estimated(minutes, money), pricePerHour: Decimal.parse("0.60") };
  const about = { callId, principal, day, renewsAt: 0, profile: "local" as const, tool: "qc_create_backtest" };
  return { reservation: { ...about, estimate, at: 1 }, limit };
}

describe.each(DIALECTS.filter(({ missing }) => !missing))("what is computed, on $name", ({ dialect }) => {
  let stack: AsyncDisposableStack;
  let database: Kysely<DeskTables>;
  let ledger: Ledger;
  let store: ComputeStore;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const place = stack.use(await testPlace(dialect));
    ({ database } = stack.use(await deskDatabase(place)));
    const headFile = openAuditHead(join(place.folder, "head.json"));
    ledger = await Ledger.open({ database, clock: steppingClock(), key: "k".repeat(64), headFile });
    store = createComputeStore(database);
  });
  afterEach(() => stack.disposeAsync());

  const take = (compute: ComputeWrite, more: object = {}): Promise<unknown> =>
    ledger.commit({ entry: auditEntry({ callId: compute.reservation.callId }), compute, ...more });
  const minutes = async (principal = "host", day = DAY): Promise<number> =>
    (await store.used(principal, day)).milliseconds / MINUTE;

  it("counts by principal and day, in time and in money", async () => {
    await take(reserving("a", 2, { money: "0.10" }));
    await take(reserving("b", 3, { money: "0.10" }));
    await take(reserving("c", 1, { money: "0.25" }));
    await take(reserving("d", 4, { principal: "cli" }));
    await take(reserving("e", 4, { day: "2026-11-22" }));
    const { money, milliseconds } = await store.used("host", DAY);
    expect(milliseconds).toBe(6 * MINUTE);
    expect(money.map(({ amount, currency }) => [amount.toFixed(2), currency])).toEqual([["0.45", "USD"]]);
    expect([await minutes("cli"), await minutes("host", "2026-11-22"), await minutes("user:7")]).toEqual([4, 4, 0]);
  });

  it("refuses the intent of a call that does not fit, whole, and lets the others of its group pass", async () => {
    const ends = await Promise.allSettled([
      take(reserving("a", 6)),
      take(reserving("b", 6), { trials: [openTrial({ id: "t-b", callId: "b" })] }),
      ledger.commit({ entry: auditEntry({ callId: "read" }) }),
      take(reserving("c", 4)),
      take(reserving("d", 0.01)),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "rejected"]);
    const again = await refusalOf(take(reserving("e", 1)));
    expect(again.code).toBe("COMPUTE_BUDGET_EXCEEDED");
    expect(await minutes()).toBe(10);
    expect(await new TrialStore(database).list()).toEqual([]);
    const recorded = (await ledger.tail(10)).map(({ callId }) => callId);
    expect(recorded.toSorted()).toEqual(["a", "c", "read"]);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 3 });
  });

  it("settles once: what is settled stays", async () => {
    await take(reserving("a", 6, { money: "2" }));
    await store.settle("a", { milliseconds: 2 * MINUTE, money: dollars("0.02") });
    await store.settle("a", { milliseconds: 0, money: null });
    await store.settle("nobody's", { milliseconds: 0, money: null });
    const { money, milliseconds } = await store.used("host", DAY);
    expect([milliseconds / MINUTE, money[0]?.amount.toString()]).toEqual([2, "0.02"]);
    expect(await store.held("a")).toBeUndefined();
  });

  it("knows how long the newest completed backtests of a project took, one by one", async () => {
    const trials = new TrialStore(database);
    const ended = { state: "completed" as const, result: trialResult(), rawArtifact: null };
    const add = async (id: string, seconds: number, more: Parameters<typeof openTrial>[0] = {}): Promise<void> => {
      await trials.add(openTrial({ id, openedAt: 1000, backtestId: id, ...more }));
      await trials.close(id, { ...ended, at: 1000 + seconds * 1_000_000 });
    };
    await add("t1", 5);
    await add("t2", 7, { openedAt: 1000 });
    await take(reserving("waited", 1));
    await store.began("waited", 1000 + 30_000_000);
    await add("t3", 41, { callId: "waited" });
    await add("elsewhere", 99, { projectId: 8 });
    await add("point", 99, { optimizationId: "O-1" });
    await add("file", 99, { source: "file" });
    await trials.add(openTrial({ id: "open" }));
    expect(new Set(await store.durations("local", 7))).toEqual(new Set([5000, 7000, 11_000]));
    expect(await store.durations("quantconnect", 7)).toEqual([]);
  });

  it("finds what the trials know the end of, and nothing that may still run", async () => {
    const trials = new TrialStore(database);
    const optimizations = new TrackedOptimizationStore(database);
    const optimization = {
      callId: "sweep",
      profile: "local",
      projectId: 7,
      optimizationId: "O-1",
      name: "sweep",
      principal: "host",
      strategyId: null,
      files: "",
      openedAt: 0,
      endedAt: null,
    };
    const points = ["p1", "p2", "p3"].map((id) => openTrial({ id, callId: "sweep", optimizationId: "O-1" }));
    await take(reserving("single", 1), { trials: [openTrial({ id: "t1", callId: "single", openedAt: 0 })] });
    await take(reserving("never", 1), { trials: [openTrial({ id: "t2", callId: "never" })] });
    await take(reserving("foreign", 1));
    await take(reserving("sweep", 1), { trials: points, optimization });
    expect(await store.ended("local")).toEqual([]);
    const end = { at: 90_000_000, result: null, rawArtifact: null };
    await store.began("single", 60_000_000);
    await trials.started("t1", "b1");
    await trials.close("t1", { ...end, state: "completed" });
    await trials.close("t2", { ...end, state: "abandoned" });
    await trials.matched([{ id: "p1", backtestId: "bp1" }]);
    await trials.closePoints("sweep", { ...end, state: "abandoned" }, "all");
    const known = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries((await store.ended("local")).map((one) => [one.callId, [one.began, one.seenMilliseconds]]));
    expect(await known()).toEqual({ single: [1, 30_000], never: [0, expect.any(Number)] });
    await optimizations.ended("sweep", 1);
    expect(await known()).toMatchObject({ sweep: [1, null] });
    expect(await store.ended("quantconnect")).toEqual([]);
  });
});

describe("no sequence of parallel calls", () => {
  it("passes a budget, whatever is settled in between", async () => {
    await using place = await testPlace("sqlite");
    await using opened = await deskDatabase(place);
    const headFile = openAuditHead(join(place.folder, "head.json"));
    const { database } = opened;
    const ledger = await Ledger.open({ database, clock: steppingClock(), key: "k", headFile });
    const store = createComputeStore(database);
    let count = 0;
    const steps = array(
      record({
        minutes: integer({ min: 1, max: 7 }),
        cents: integer({ min: 0, max: 250 }),
        together: nat(3).map((one) => one > 0),
        end: nat(3),
      }),
      { minLength: 2, maxLength: 8 },
    );
    const property = asyncProperty(steps, async (calls) => {
      const principal = `agent:a${(count += 1)}`;
      let admitted = 0;
      let running: Promise<void>[] = [];
      const one = async ({ minutes, cents, end }: (typeof calls)[number], callId: string): Promise<void> => {
        const money = (cents / 100).toFixed(2);
        const compute = reserving(callId, minutes, { principal, money });
        const entry = auditEntry({ callId, principal });
        const passed = await ledger.commit({ entry, compute }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof RefusalError && error.refusal.code === "COMPUTE_BUDGET_EXCEEDED") return false;
            throw error;
          },
        );
        if (!passed) return;
        admitted += 1;
        // One of four ends at once, with half of its time and no money.
        if (end === 0) await store.settle(callId, { milliseconds: minutes * 30_000, money: dollars("0") });
        const used = await store.used(principal, DAY);
        expect(used.milliseconds).toBeLessThanOrEqual(10 * MINUTE);
        const spent = used.money.reduce((sum, { amount }) => sum.add(amount), Decimal.ZERO);
        expect(spent.greaterThan(Decimal.from(5))).toBe(false);
      };
      for (const [index, call] of calls.entries()) {
        running.push(one(call, `${principal}-${index}`));
        if (call.together) continue;
        await Promise.all(running);
        running = [];
      }
      await Promise.all(running);
      expect(admitted).toBeGreaterThan(0);
    });
    await assert(property, { numRuns: 120 });
  });
});
