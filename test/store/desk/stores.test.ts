import { sql, type Kysely } from "kysely";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "../../../src/domain/run.ts";
import type { Strategy } from "../../../src/domain/strategy.ts";
import type { TrackedOptimization } from "../../../src/domain/tracked-optimization.ts";
import { trialSchema } from "../../../src/domain/trial.ts";
import { chain, GENESIS } from "../../../src/gateway/audit-chain.ts";
import { openAuditHead } from "../../../src/store/audit-head.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { Ledger } from "../../../src/store/desk/ledger.ts";
import { deskMigrations } from "../../../src/store/desk/migrations.ts";
import { createPinStore } from "../../../src/store/desk/pin-store.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { StrategyStore } from "../../../src/store/desk/strategy-store.ts";
import { TrackedOptimizationStore } from "../../../src/store/desk/tracked-optimization-store.ts";
import { TrialStore } from "../../../src/store/desk/trial-store.ts";
import { RunStore } from "../../../src/store/runs/run-store.ts";
import { deskDatabase, DIALECTS, steppingClock, testPlace, type TestPlace } from "../support/databases.ts";
import { auditEntry, openTrial, trialResult } from "../support/records.ts";
import { refusalOf } from "../support/refusal-of.ts";

const strategy = (id: string, projectId: number, createdAt = 1_700_000_000_000_000): Strategy => ({
  id,
  name: `Strategy ${id} — äöü`,
  lifecycle: "draft",
  createdAt,
  links: [{ profile: "local", organisation: "o", projectId }],
});
const optimization = (more: Partial<TrackedOptimization> = {}): TrackedOptimization => ({
  callId: "o",
  profile: "local",
  projectId: 7,
  optimizationId: null,
  name: "sweep",
  principal: "host",
  strategyId: "s1",
  files: "f".repeat(64),
  openedAt: 1_700_000_000_000_000,
  endedAt: null,
  ...more,
});
const run = (id: string, more: Partial<Run> = {}): Run => ({
  id,
  kind: "backtest",
  title: "t",
  principal: "host",
  profile: "local",
  state: "queued",
  progress: 0,
  note: "",
  input: "{}",
  resultArtifact: null,
  error: null,
  createdAt: 1_700_000_000_000_000,
  updatedAt: 1_700_000_000_000_000,
  version: 1,
  ...more,
});

describe.each(DIALECTS.filter(({ missing }) => !missing))("the stores on $name", ({ dialect }) => {
  let place: TestPlace;
  let stack: AsyncDisposableStack;
  let database: Kysely<DeskTables>;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    place = stack.use(await testPlace(dialect));
    ({ database } = stack.use(await deskDatabase(place)));
  });
  afterEach(() => stack.disposeAsync());

  it("migrate an empty place, and leave a migrated one as it is", async () => {
    await new StrategyStore(database).add(strategy("s1", 7));
    const again = stack.use(await deskDatabase(place));
    expect(await new StrategyStore(again.database).list()).toHaveLength(1);
    const both = await Promise.all([deskDatabase(place), deskDatabase(place)]);
    for (const one of both) await one[Symbol.asyncDispose]();
  });

  it("keep strategies with their links, found by id and by project", async () => {
    const strategies = new StrategyStore(database);
    await strategies.add(strategy("s2", 8, 1_700_000_000_000_002));
    await strategies.add(strategy("s1", 7));
    expect(await strategies.list()).toEqual([strategy("s1", 7), strategy("s2", 8, 1_700_000_000_000_002)]);
    expect(await strategies.byId("s2")).toMatchObject({ name: "Strategy s2 — äöü" });
    expect((await strategies.byProject("local", 7))?.id).toBe("s1");
    expect(await strategies.byProject("quantconnect", 7)).toBeUndefined();
    expect(await strategies.byId("s3")).toBeUndefined();
  });

  it("give one project to one strategy, and keep no half of a refused one", async () => {
    const strategies = new StrategyStore(database);
    await strategies.add(strategy("s1", 7));
    await expect(strategies.add(strategy("s2", 7))).rejects.toThrow(/unique/i);
    expect((await strategies.list()).map(({ id }) => id)).toEqual(["s1"]);
  });

  it("keep a trial as it was opened, and end it once", async () => {
    const trials = new TrialStore(database);
    await trials.add(openTrial());
    await trials.add(openTrial({ name: "again" }));
    expect(await trials.open()).toEqual([openTrial()]);
    await trials.started("t1", "b1");
    const end = { state: "completed", at: 1_700_000_000_000_009, result: trialResult(), rawArtifact: "h" } as const;
    await trials.close("t1", end);
    await trials.close("t1", { state: "deleted", at: 1, result: null, rawArtifact: null });
    const closed = { backtestId: "b1", state: "completed", closedAt: end.at, result: trialResult(), rawArtifact: "h" };
    expect(await trials.byBacktest("local", "b1")).toEqual(openTrial({ ...closed, state: "completed" }));
    expect(await trials.byBacktest("quantconnect", "b1")).toBeUndefined();
    expect(await trials.open()).toEqual([]);
    expect(await trials.count()).toEqual({ all: 1, open: 0 });
  });

  it("keep an optimisation with its trials: its id, its backtests and their ends", async () => {
    const trials = new TrialStore(database);
    const optimizations = new TrackedOptimizationStore(database);
    const headFile = openAuditHead(join(place.folder, "head.json"));
    const ledger = await Ledger.open({ database, clock: steppingClock(), key: "k", headFile });
    const points = ["a", "b", "c"].map((id) => openTrial({ id, callId: "o", parameters: { x: id } }));
    await ledger.commit({ entry: auditEntry(), trials: points, optimization: optimization() });
    await trials.add(openTrial({ id: "single" }));
    expect(await optimizations.watched()).toEqual([optimization()]);
    expect((await trials.open()).map(({ id }) => id)).toEqual(["single"]);
    await optimizations.began("o", "O-1");
    await optimizations.began("o", "O-2");
    expect(await optimizations.byOptimization("local", "O-1")).toEqual(optimization({ optimizationId: "O-1" }));
    expect(await optimizations.byOptimization("quantconnect", "O-1")).toBeUndefined();
    expect(await trials.byId("b")).toMatchObject({ optimizationId: "O-1", backtestId: null });
    await trials.matched([
      { id: "a", backtestId: "b1" },
      { id: "b", backtestId: "b2" },
    ]);
    await trials.matched([{ id: "a", backtestId: "b3" }]);
    const end = { state: "abandoned", at: 1_700_000_000_000_009, result: null, rawArtifact: null } as const;
    await trials.closePoints("o", end, "unmatched");
    const stateOf = async (): Promise<unknown> =>
      (await trials.pointsOf("o")).map(({ id, state, backtestId }) => `${id} ${state} ${backtestId}`).toSorted();
    expect(await stateOf()).toEqual(["a open b1", "b open b2", "c abandoned null"]);
    await trials.closePoints("o", { ...end, state: "deleted" }, "all");
    expect((await trials.pointsOf("o")).map(({ state }) => state).toSorted()).toEqual([
      "abandoned",
      "deleted",
      "deleted",
    ]);
    expect((await trials.byId("single"))?.state).toBe("open");
    await optimizations.ended("o", 5);
    await optimizations.ended("o", 6);
    expect(await optimizations.watched()).toEqual([]);
    expect((await optimizations.byOptimization("local", "O-1"))?.endedAt).toBe(5);
  });

  it("open a thousand trials of one call in one commit, or none of them", async () => {
    const trials = new TrialStore(database);
    const headFile = openAuditHead(join(place.folder, "head.json"));
    const ledger = await Ledger.open({ database, clock: steppingClock(), key: "k", headFile });
    const points = Array.from({ length: 1000 }, (_, index) => openTrial({ id: `p${index}`, callId: "o" }));
    const doubled = [...points, openTrial({ id: "p7", callId: "o" })];
    const failing = ledger.commit({ entry: auditEntry(), trials: doubled, optimization: optimization() });
    expect((await refusalOf(failing)).code).toBe("AUDIT_UNAVAILABLE");
    expect(await trials.count()).toEqual({ all: 0, open: 0 });
    await ledger.commit({ entry: auditEntry(), trials: points, optimization: optimization() });
    expect(await trials.count()).toEqual({ all: 1000, open: 1000 });
  });

  it("take over trials and audit records of the first version", async () => {
    const line: Record<string, unknown> = { ...openTrial() };
    delete line["optimizationId"];
    expect(trialSchema.parse(line)).toEqual(openTrial());
    const old = stack.use(await testPlace(dialect));
    const first = deskMigrations["0001-initial"];
    if (first === undefined) throw new Error("there is no first migration");
    const before = await openDatabase<DeskTables>(old.location, { "0001-initial": first });
    await sql`insert into trials (id, call_id, profile, name, principal, source, parameters, artefact_hash, state, opened_at)
      values ('old', 'call', 'local', 'n', 'cli', 'desk', '{}', 'h', 'open', 1)`.execute(before);
    const entry = auditEntry();
    const record = chain(entry, { head: { count: 0, hash: GENESIS }, at: 5, key: "k" });
    await sql`insert into audit (seq, at, kind, call_id, principal, tool, class, profile, arguments_hash, arguments, result,
      detail, previous_hash, hash) values (1, 5, ${entry.kind}, ${entry.callId}, ${entry.principal}, ${entry.tool},
      ${entry.class}, ${entry.profile}, ${entry.argumentsHash}, ${entry.arguments}, ${entry.result}, ${entry.detail},
      ${record.previousHash}, ${record.hash})`.execute(before);
    await before.destroy();
    const again = stack.use(await deskDatabase(old));
    expect(await new TrialStore(again.database).open()).toMatchObject([{ id: "old", optimizationId: null }]);
    const headFile = openAuditHead(join(old.folder, "head.json"));
    const ledger = await Ledger.open({ database: again.database, clock: steppingClock(), key: "k", headFile });
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 1 });
  });

  it("list trials of a strategy or a project, the newest last, and the newest of many", async () => {
    const trials = new TrialStore(database);
    expect(await trials.count()).toEqual({ all: 0, open: 0 });
    for (const [id, strategyId, projectId] of [
      ["a", "s1", 7],
      ["b", "s1", 8],
      ["c", "s2", 7],
      ["d", "s1", 7],
    ] as const)
      await trials.add(openTrial({ id, strategyId, projectId, openedAt: 1_700_000_000_000_000 + id.charCodeAt(0) }));
    const ids = async (filter: Parameters<TrialStore["list"]>[0]): Promise<string[]> =>
      (await trials.list(filter)).map(({ id }) => id);
    expect(await ids({ strategyId: "s1" })).toEqual(["a", "b", "d"]);
    expect(await ids({ projectId: 7 })).toEqual(["a", "c", "d"]);
    expect(await ids({ limit: 2 })).toEqual(["c", "d"]);
    await trials.close("b", { state: "completed", at: 1, result: trialResult(), rawArtifact: null });
    expect(await ids({ state: "completed", limit: 1 })).toEqual(["b"]);
    expect(await ids({ profile: "quantconnect" })).toEqual([]);
    expect(await trials.count()).toEqual({ all: 4, open: 3 });
  });

  it("change a run until it has ended, and raise its version each time", async () => {
    const runs = new RunStore(database);
    await runs.add(run("r1"));
    await runs.change("r1", { state: "running", progress: 0.25, note: "n", at: 1_700_000_000_000_001 });
    const failed = { code: "X", message: "m", remedy: "r" };
    await runs.change("r1", { state: "failed", error: failed, at: 1_700_000_000_000_002 });
    await runs.change("r1", { state: "completed", progress: 1, at: 1_700_000_000_000_003 });
    const now = { state: "failed", progress: 0.25, note: "n", error: failed, version: 3 } as const;
    expect(await runs.get("r1")).toEqual(run("r1", { ...now, updatedAt: 1_700_000_000_000_002 }));
    await runs.add(run("r2", { createdAt: 1_700_000_000_000_005 }));
    expect((await runs.unfinished()).map(({ id }) => id)).toEqual(["r2"]);
    expect((await runs.list(1)).map(({ id }) => id)).toEqual(["r2"]);
    expect(await runs.get("r3")).toBeUndefined();
  });

  it("wake who waits for a run's change, and miss none that comes while they look", async () => {
    const runs = new RunStore(database);
    await runs.add(run("r1"));
    for (let version = 1; version <= 20; version += 1) {
      const waiting = runs.waitForChange("r1", { version, milliseconds: 10_000 });
      await runs.change("r1", { note: String(version), at: version });
      expect((await waiting)?.version).toBe(version + 1);
    }
  });

  it("hold the first pin of a tool", async () => {
    const pins = createPinStore(database, steppingClock());
    expect(await pins.seen("u#1", "t", { hash: "one", definition: "{}" })).toMatchObject({ hash: "one" });
    expect(await pins.seen("u#1", "t", { hash: "two", definition: "{}" })).toMatchObject({ hash: "one" });
    expect(await pins.seen("u#2", "t", { hash: "two", definition: "{}" })).toMatchObject({ hash: "two" });
  });
});

describe("a store that cannot be opened", () => {
  it("says which and what to do, without the secrets of a location", async () => {
    await using place = await testPlace("sqlite");
    const file = join(place.folder, "damaged.db");
    writeFileSync(file, "this is no database, and long enough to be looked at as one".repeat(50));
    const damaged = await refusalOf(openDatabase({ kind: "sqlite", file }, {}));
    expect(damaged).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(damaged.message).toContain(file);
    const inFile = await refusalOf(openDatabase({ kind: "sqlite", file: join(file, "desk.db") }, {}));
    expect(inFile.code).toBe("STORE_UNAVAILABLE");
    const url = "postgres://someone:planted-password@127.0.0.1:1/none";
    const unreachable = await refusalOf(openDatabase({ kind: "postgres", url }, {}));
    expect(unreachable.code).toBe("STORE_UNAVAILABLE");
    expect(JSON.stringify(unreachable)).not.toContain("planted-password");
  });
});
