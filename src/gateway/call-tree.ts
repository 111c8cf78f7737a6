import type { AuditRecord } from "../domain/audit-record.ts";

/** One call as the log tells it, with the calls that it made. */
export interface CallNode {
  readonly callId: string;
  /** What it was about to do, or the refusal that kept it from being made; absent where only its end is in the log. */
  readonly begin: AuditRecord | undefined;
  /** How it ended; absent while it runs, and for refusals. */
  readonly end: AuditRecord | undefined;
  readonly calls: readonly CallNode[];
}

/**
 * The calls of some records as trees, each level in the order of its beginnings. A call whose caller is not among the
 * records stands at the top.
 */
export function callTree(records: readonly AuditRecord[]): readonly CallNode[] {
  const own = Map.groupBy(records, ({ callId }) => callId);
  const parentOf = (callId: string): string | undefined => {
    const parent = own.get(callId)?.[0]?.parentCallId ?? undefined;
    return parent !== undefined && own.has(parent) && parent !== callId ? parent : undefined;
  };
  const ids = [...own.keys()];
  const below = Map.groupBy(ids, parentOf);
  const seen = new Set<string>();
  const nodesOf = (parent: string | undefined): CallNode[] =>
    (below.get(parent) ?? []).flatMap((callId) => {
      // Records that were tampered with may name each other.
      if (seen.has(callId)) return [];
      seen.add(callId);
      const mine = own.get(callId) ?? [];
      const end = mine.find(({ kind }) => kind === "outcome");
      return [{ callId, begin: mine.find(({ kind }) => kind !== "outcome"), end, calls: nodesOf(callId) }];
    });
  return nodesOf(undefined);
}
