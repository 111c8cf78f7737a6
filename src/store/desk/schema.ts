import type { ApprovalTables } from "./approval-tables.ts";
import type { CompileTables } from "./compile-store.ts";
import type { ComputeTables } from "./compute-tables.ts";
import type { RiskTables } from "./risk-tables.ts";
import type { TaintTables } from "./taint-store.ts";

/** Tables of the desk's store. Columns are text, integers and doubles only, so that both dialects agree. */
export interface DeskTables extends ApprovalTables, CompileTables, ComputeTables, RiskTables, TaintTables {
  meta: { key: string; value: string };
  audit: {
    seq: number;
    at: number;
    kind: string;
    call_id: string;
    parent_call_id: string | null;
    principal: string;
    tool: string;
    class: string | null;
    profile: string;
    run_id: string | null;
    arguments_hash: string;
    arguments: string;
    result: string;
    detail: string;
    account: string | null;
    approval_id: string | null;
    policy_version: string | null;
    previous_hash: string;
    hash: string;
  };
  intents: { key: string; call_id: string; tool: string; arguments_hash: string; outcome: string | null; at: number };
  strategies: { id: string; name: string; lifecycle: string; created_at: number };
  strategy_links: { strategy_id: string; profile: string; organisation: string; project_id: number };
  trials: {
    id: string;
    call_id: string;
    strategy_id: string | null;
    profile: string;
    project_id: number | null;
    optimization_id: string | null;
    backtest_id: string | null;
    name: string;
    principal: string;
    source: string;
    parameters: string;
    artefact_hash: string;
    state: string;
    opened_at: number;
    closed_at: number | null;
    result: string | null;
    raw_artifact: string | null;
  };
  optimizations: {
    call_id: string;
    profile: string;
    project_id: number;
    optimization_id: string | null;
    name: string;
    principal: string;
    strategy_id: string | null;
    files: string;
    opened_at: number;
    ended_at: number | null;
  };
  runs: {
    id: string;
    kind: string;
    title: string;
    principal: string;
    profile: string;
    state: string;
    progress: number;
    note: string;
    input: string;
    result_artifact: string | null;
    error: string | null;
    created_at: number;
    updated_at: number;
    version: number;
  };
  pins: {
    upstream: string;
    tool: string;
    hash: string;
    definition: string;
    first_seen: number;
    quarantined: string | null;
  };
}
