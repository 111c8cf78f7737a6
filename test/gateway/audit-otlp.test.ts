import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { AuditRecord } from "../../src/domain/audit-record.ts";
import { chain, GENESIS, type ChainHead } from "../../src/gateway/audit-chain.ts";
import { OtlpLogs } from "../../src/gateway/audit-otlp.ts";
import { auditEntry } from "../store/support/records.ts";

/** The JSON encoding of OTLP: names in lowerCamelCase, 64-bit numbers as decimal strings, ids in hexadecimal. */
const integer = z.string().regex(/^\d+$/);
const attribute = z.strictObject({
  key: z.string().min(1),
  value: z.union([z.strictObject({ stringValue: z.string() }), z.strictObject({ intValue: integer })]),
});
const logRecord = z.strictObject({
  timeUnixNano: integer,
  observedTimeUnixNano: integer,
  severityNumber: z.int().min(1).max(24),
  severityText: z.string(),
  eventName: z.string(),
  body: z.strictObject({ stringValue: z.string() }),
  attributes: z.array(attribute),
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
});
const scope = z.strictObject({ name: z.string(), version: z.string() });
const logsData = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(attribute) }),
      scopeLogs: z.array(z.strictObject({ scope, logRecords: z.array(logRecord) })),
    }),
  ),
});

function exported(entries: readonly Parameters<typeof auditEntry>[0][]): z.infer<typeof logRecord>[] {
  let head: ChainHead = { count: 0, hash: GENESIS };
  const logs = new OtlpLogs("1.2.3");
  return entries.map((entry) => {
    const record: AuditRecord = chain(auditEntry(entry), { head, at: 1_700_000_000_123_456, key: "k" });
    head = { count: record.seq, hash: record.hash };
    const line: unknown = JSON.parse(JSON.stringify(logs.record(record)));
    const [one] = logsData.parse(line).resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
    if (one === undefined) throw new Error("no log record");
    const keys = one.attributes.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    return one;
  });
}

describe("audit records as OpenTelemetry logs", () => {
  it("have one trace for a call and all that it made, and a span for each call", () => {
    const [outer, inner, innermost, innerEnd, other] = exported([
      { callId: "a" },
      { callId: "b", parentCallId: "a" },
      { callId: "c", parentCallId: "b" },
      { callId: "b", parentCallId: "a", kind: "outcome", result: "ok" },
      { callId: "d" },
    ]);
    expect(new Set([outer, inner, innermost, innerEnd].map((one) => one?.traceId)).size).toBe(1);
    expect(other?.traceId).not.toBe(outer?.traceId);
    expect(inner?.spanId).toBe(innerEnd?.spanId);
    expect(new Set([outer, inner, innermost, other].map((one) => one?.spanId)).size).toBe(4);
  });

  it("keep the time to the microsecond and say how grave they are", () => {
    const records = exported([
      {},
      { kind: "outcome", result: "ok" },
      { kind: "refusal", result: "HALTED", detail: "trading is halted" },
      { kind: "outcome", result: "OUTCOME_UNKNOWN" },
    ]);
    expect(records.map(({ timeUnixNano }) => timeUnixNano)).toEqual(Array(4).fill("1700000000123456000"));
    expect(records.map(({ severityText }) => severityText)).toEqual(["INFO", "INFO", "WARN", "ERROR"]);
    expect(records[2]?.body.stringValue).toBe("refusal qc_read_account: HALTED: trading is halted");
    const errors = records.map(({ attributes }) => attributes.find(({ key }) => key === "error.type")?.value);
    expect(errors).toEqual([undefined, undefined, { stringValue: "HALTED" }, { stringValue: "OUTCOME_UNKNOWN" }]);
  });

  it("leave out what is not there, and carry the place in the chain", () => {
    const [bare, full] = exported([
      { class: null },
      { account: "L-7", approvalId: "a1", policyVersion: "p", runId: "r" },
    ]);
    const keysOf = (one: typeof bare): string[] => (one?.attributes ?? []).map(({ key }) => key);
    for (const key of ["account", "approval.id", "policy.version", "run.id"]) {
      expect(keysOf(bare)).not.toContain(`quantwright.${key}`);
      expect(keysOf(full)).toContain(`quantwright.${key}`);
    }
    expect(full?.attributes).toContainEqual({ key: "quantwright.audit.seq", value: { intValue: "2" } });
  });
});
