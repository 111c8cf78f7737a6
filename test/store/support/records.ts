import type { AuditEntry } from "../../../src/domain/audit-record.ts";
import type { Trial, TrialResult } from "../../../src/domain/trial.ts";

/** An audit entry of a made-up call. */
export function auditEntry(more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    kind: "intent",
    callId: "call",
    parentCallId: null,
    principal: "host",
    tool: "qc_read_account",
    class: "read",
    profile: "local",
    runId: null,
    argumentsHash: "0".repeat(64),
    arguments: "{}",
    result: "",
    detail: "",
    ...more,
  };
}

/** An open trial. */
export function openTrial(more: Partial<Trial> = {}): Trial {
  return {
    id: "t1",
    callId: "call",
    strategyId: "s1",
    profile: "local",
    projectId: 7,
    optimizationId: null,
    backtestId: null,
    name: "first",
    principal: "host",
    source: "desk",
    parameters: { fast: "10" },
    artefactHash: "a".repeat(64),
    state: "open",
    openedAt: 1_700_000_000_000_000,
    closedAt: null,
    result: null,
    rawArtifact: null,
    ...more,
  };
}

/** What a completed backtest left. */
export function trialResult(more: Partial<TrialResult> = {}): TrialResult {
  return {
    version: 1,
    status: "Completed.",
    statistics: { "Sharpe Ratio": "1.5" },
    dailyReturns: [{ date: "2020-01-02", return: 0.01 }],
    fills: [],
    orderListHash: "h",
    dataFingerprint: "f",
    requested: { start: "2020-01-01", end: "2020-12-31" },
    actual: { start: "2020-01-02", end: "2020-12-31" },
    engine: { name: "quantwright", version: "1", leanCommit: "c" },
    fidelity: { equity: "exact-tested" },
    synthetic: false,
    warnings: [],
    error: null,
    ...more,
  };
}
