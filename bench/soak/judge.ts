import type { AuditRecord } from "../../src/domain/audit-record.ts";
import type { CallEnd } from "./serve-caller.ts";

/** A write that a client asked for; its name is its own and becomes the name of what it makes. */
export interface SoakCall {
  readonly name: string;
  readonly end: CallEnd;
}

/** What the cloud and the log have of everything that was asked for. */
export interface SoakEvidence {
  readonly calls: readonly SoakCall[];
  /** Names of all projects in the cloud, each as often as it is there. */
  readonly projects: readonly string[];
  readonly records: readonly AuditRecord[];
}

/** Ends that say that nothing was sent. */
const NOT_SENT = new Set(["UPSTREAM_UNAVAILABLE", "AUDIT_UNAVAILABLE", "HALTED", "CANCELLED"]);

/** Every call that was lost, doubled, or told its caller something that is not so. */
export function judgeSoak({ calls, projects, records }: SoakEvidence): string[] {
  const wrong: string[] = [];
  const effects = counted(projects);
  const intents = records.filter(({ kind, tool }) => kind === "intent" && tool === "qc_create_project");
  const asked = counted(intents.map(({ arguments: args }) => nameIn(args)));
  for (const { name, end } of calls) {
    const made = effects.get(name) ?? 0;
    const recorded = asked.get(name) ?? 0;
    const where = `${name} (${end}): ${made} effects, ${recorded} intents`;
    if (made > 1 || recorded > 1 || made > recorded) wrong.push(where);
    if (end === "ok" && (made !== 1 || recorded !== 1)) wrong.push(`told as done: ${where}`);
    if (NOT_SENT.has(end) && made > 0) wrong.push(`told as not sent: ${where}`);
    if (end === "no answer") wrong.push(`never answered: ${where}`);
  }
  const known = new Set(calls.map(({ name }) => name));
  for (const name of effects.keys()) if (!known.has(name)) wrong.push(`${name} was asked for by nobody`);
  const outcomes = counted(records.filter(({ kind }) => kind === "outcome").map(({ callId }) => callId));
  for (const { kind, callId, seq } of records) {
    const ends = outcomes.get(callId) ?? 0;
    if (kind === "intent" && ends !== 1) wrong.push(`the intent of record ${seq} has ${ends} outcomes`);
  }
  return wrong;
}

function counted(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function nameIn(args: string): string {
  return /"name":"([^"]*)"/.exec(args)?.[1] ?? args;
}
