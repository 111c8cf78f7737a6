import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEntry } from "../src/domain/audit-record.ts";
import { argumentsHash } from "../src/gateway/redact.ts";
import { openAuditHead } from "../src/store/audit-head.ts";
import { openDatabase } from "../src/store/database.ts";
import { Ledger } from "../src/store/desk/ledger.ts";
import { deskMigrations } from "../src/store/desk/migrations.ts";
import type { DeskTables } from "../src/store/desk/schema.ts";
import { median, type Figure, type Log, type Measurement } from "./figure.ts";

const ROUNDS = 5;
const COMMITS = 10_000;
const CALLERS = [1, 32, 256] as const;

function entryOf(index: number): AuditEntry {
  const args = { projectId: index, name: "Moving averages", code: "x".repeat(100) };
  return {
    kind: "intent",
    callId: `call-${index}`,
    parentCallId: null,
    principal: "host",
    tool: "qc_read_project",
    class: "read",
    profile: "local",
    runId: null,
    argumentsHash: argumentsHash(args),
    arguments: JSON.stringify(args),
    result: "",
    detail: "",
    policyVersion: "0".repeat(64),
  };
}

/** Commits a second with so many callers, each of which waits until its record is durable before it makes the next. */
async function appendRate(ledger: Ledger, callers: number, commits: number): Promise<number> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < commits) await ledger.commit({ entry: entryOf(next++) });
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return commits / ((performance.now() - begin) / 1000);
}

/** The audit log on SQLite with full sync, as a desk has it: hash, records, head file. */
export async function measureAudit(log: Log): Promise<Measurement> {
  log("appends to the audit log");
  await using folder = await mkdtempDisposable(join(tmpdir(), "quantwright-bench-audit-"));
  const file = join(folder.path, "desk.db");
  const database = await openDatabase<DeskTables>({ kind: "sqlite", file }, deskMigrations);
  try {
    let at = 1_700_000_000_000_000;
    const headFile = openAuditHead(join(folder.path, "audit-head.json"));
    const ledger = await Ledger.open({ database, clock: { now: () => (at += 100) }, key: "k".repeat(64), headFile });
    await appendRate(ledger, 32, 2000);
    const figures: Figure[] = [];
    for (const callers of CALLERS) {
      const rates: number[] = [];
      const commits = callers === 1 ? COMMITS / 20 : COMMITS;
      for (let round = 0; round < ROUNDS; round += 1) rates.push(await appendRate(ledger, callers, commits));
      const goal = callers === 1 ? {} : { goal: "≥ 5,000" };
      figures.push({ name: `${callers} callers at once`, value: median(rates), unit: "records/s", ...goal });
    }
    const verdict = await ledger.verify();
    if (!verdict.ok) throw new Error(verdict.fault);
    return { title: "appends to the audit log, each durable before its caller goes on", figures };
  } finally {
    await database.destroy();
  }
}
