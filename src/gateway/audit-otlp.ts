import { createHash } from "node:crypto";
import type { AuditRecord } from "../domain/audit-record.ts";

type Value = { readonly stringValue: string } | { readonly intValue: string };
interface Attribute {
  readonly key: string;
  readonly value: Value;
}

/** Numbers of OpenTelemetry's severities. */
const SEVERITY = { INFO: 9, WARN: 13, ERROR: 17 } as const;
const MOST_CALLS = 100_000;
const SCOPE = "quantwright.audit";

/**
 * Turns audit records, in their order, into OTLP log records in its JSON encoding: one `LogsData` object each, as its
 * file format has one on a line. The trace is the outermost call, the span is the call. It remembers the last hundred
 * thousand calls, to know which is outermost.
 */
export class OtlpLogs {
  readonly #version: string;
  readonly #roots = new Map<string, string>();

  constructor(version: string) {
    this.#version = version;
  }

  record(record: AuditRecord): Readonly<Record<string, unknown>> {
    const severity = severityOf(record);
    const nanoseconds = `${record.at}000`;
    return {
      resourceLogs: [
        {
          resource: { attributes: [text("service.name", "quantwright"), text("service.version", this.#version)] },
          scopeLogs: [
            {
              scope: { name: SCOPE, version: this.#version },
              logRecords: [
                {
                  timeUnixNano: nanoseconds,
                  observedTimeUnixNano: nanoseconds,
                  severityNumber: SEVERITY[severity],
                  severityText: severity,
                  eventName: `${SCOPE}.${record.kind}`,
                  body: { stringValue: bodyOf(record) },
                  attributes: attributesOf(record),
                  traceId: idOf(this.#rootOf(record), 32),
                  spanId: idOf(record.callId, 16),
                },
              ],
            },
          ],
        },
      ],
    };
  }

  #rootOf({ callId, parentCallId }: AuditRecord): string {
    const known = this.#roots.get(callId);
    if (known !== undefined) return known;
    const root = parentCallId === null ? callId : (this.#roots.get(parentCallId) ?? parentCallId);
    const [oldest] = this.#roots.keys();
    if (this.#roots.size >= MOST_CALLS && oldest !== undefined) this.#roots.delete(oldest);
    this.#roots.set(callId, root);
    return root;
  }
}

function attributesOf(record: AuditRecord): Attribute[] {
  const own: Readonly<Record<string, string | null | undefined>> = {
    "gen_ai.operation.name": record.kind === "event" ? undefined : "execute_tool",
    "gen_ai.tool.name": record.tool,
    "gen_ai.tool.call.id": record.callId,
    "error.type": isFailure(record) ? record.result : undefined,
    "quantwright.audit.kind": record.kind,
    "quantwright.audit.hash": record.hash,
    "quantwright.audit.previous_hash": record.previousHash,
    "quantwright.principal": record.principal,
    "quantwright.call.class": record.class,
    "quantwright.call.parent_id": record.parentCallId,
    "quantwright.call.arguments": record.arguments,
    "quantwright.call.arguments_hash": record.argumentsHash,
    "quantwright.call.result": record.result === "" ? undefined : record.result,
    "quantwright.profile": record.profile,
    "quantwright.run.id": record.runId,
    "quantwright.account": record.account,
    "quantwright.approval.id": record.approvalId,
    "quantwright.policy.version": record.policyVersion,
  };
  const texts = Object.entries(own).flatMap(([key, value]) => (typeof value === "string" ? [text(key, value)] : []));
  return [{ key: "quantwright.audit.seq", value: { intValue: String(record.seq) } }, ...texts];
}

function isFailure({ kind, result }: AuditRecord): boolean {
  return kind === "refusal" || (kind === "outcome" && result !== "ok");
}

function severityOf(record: AuditRecord): keyof typeof SEVERITY {
  if (!isFailure(record)) return "INFO";
  return record.kind === "refusal" ? "WARN" : "ERROR";
}

function bodyOf({ kind, tool, result, detail }: AuditRecord): string {
  return [`${kind} ${tool}`, result, detail].filter((part) => part !== "").join(": ");
}

function text(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}

/** Ids of OpenTelemetry are hexadecimal and of fixed length, ours are not. */
function idOf(id: string, characters: number): string {
  return createHash("sha256").update(id).digest("hex").slice(0, characters);
}
