/** Tables of the local cloud's store. Times are integer microseconds UTC; JSON is text. */
export interface CloudTables {
  projects: {
    project_id: number;
    name: string;
    description: string;
    language: string;
    created: number;
    modified: number;
    /** Deleted projects stay: their ids are never used again. */
    deleted: number | null;
    /** Ids of the nodes chosen for it, as a JSON list; empty means any. */
    nodes: string;
    /** Parameter values by name, as a JSON map. */
    parameters: string;
  };
  files: { project_id: number; name: string; content: string; created: number; modified: number };
  compiles: {
    compile_id: string;
    project_id: number;
    /** `queued`, `running`, `success` or `error`. */
    state: string;
    created: number;
    signature: string;
    file_names: string;
    /** Artifact with the files as they were compiled. */
    files_artifact: string;
    report: string | null;
  };
  backtests: {
    backtest_id: string;
    project_id: number;
    compile_id: string;
    files_artifact: string;
    name: string;
    note: string;
    /** `queued`, `running`, `completed` or `error`. */
    state: string;
    created: number;
    started: number | null;
    finished: number | null;
    progress: number;
    progress_date: string | null;
    /** How often it was begun; more than one after a crash. */
    attempts: number;
    parameters: string;
    /** Parameters as the caller gave them, with their types. */
    parameter_set: string;
    error: string | null;
    stacktrace: string | null;
    /** The small part of the result, as JSON. */
    summary: string | null;
    /** Artifacts of the large parts, as a JSON map from part to hash. */
    artifacts: string | null;
  };
}
