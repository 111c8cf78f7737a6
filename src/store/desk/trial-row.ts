import type { Insertable, Selectable } from "kysely";
import { parseJson } from "../../domain/parse-json.ts";
import { trialSchema, type Trial } from "../../domain/trial.ts";
import type { DeskTables } from "./schema.ts";

export function trialRow(trial: Trial): Insertable<DeskTables["trials"]> {
  return {
    id: trial.id,
    call_id: trial.callId,
    strategy_id: trial.strategyId,
    profile: trial.profile,
    project_id: trial.projectId,
    optimization_id: trial.optimizationId,
    backtest_id: trial.backtestId,
    name: trial.name,
    principal: trial.principal,
    source: trial.source,
    parameters: JSON.stringify(trial.parameters),
    artefact_hash: trial.artefactHash,
    state: trial.state,
    opened_at: trial.openedAt,
    closed_at: trial.closedAt,
    result: trial.result === null ? null : JSON.stringify(trial.result),
    raw_artifact: trial.rawArtifact,
  };
}

export function trialOf(row: Selectable<DeskTables["trials"]>): Trial {
  return trialSchema.parse({
    id: row.id,
    callId: row.call_id,
    strategyId: row.strategy_id,
    profile: row.profile,
    projectId: row.project_id,
    optimizationId: row.optimization_id,
    backtestId: row.backtest_id,
    name: row.name,
    principal: row.principal,
    source: row.source,
    parameters: parseJson(row.parameters),
    artefactHash: row.artefact_hash,
    state: row.state,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    result: row.result === null ? null : parseJson(row.result),
    rawArtifact: row.raw_artifact,
  });
}
