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
    /** Ids of the projects it uses as libraries, as a JSON list. */
    libraries: string;
    /** Who holds the lock for editing, by `codeSourceId`. */
    lock_holder: string | null;
    lean_version: number;
    lean_environment: number;
  };
  collaborators: {
    project_id: number;
    user_id: string;
    live_control: number;
    can_write: number;
    added: number;
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
    /** What a list shows of a result, as JSON. */
    digest: string | null;
    /** A few points of the equity, as JSON. */
    equity: string | null;
    /** Labels of the user, as a JSON list. */
    tags: string;
    /** The optimisation that it is a point of, with the point's parameters in canonical form. */
    optimization_id: string | null;
    point_key: string | null;
  };
  optimizations: {
    optimization_id: string;
    project_id: number;
    compile_id: string;
    name: string;
    /** `new`, `running`, `completed` or `aborted`. */
    status: string;
    created: number;
    finished: number | null;
    /** What was asked for, as JSON. */
    plan: string;
    /** What lists show of the best point, as JSON; null where it has to be looked for. */
    best: string | null;
  };
  objects: {
    organization_id: string;
    /** Path without a leading slash. */
    key: string;
    hash: string;
    md5: string;
    mime: string;
    size: number;
    created: number;
    modified: number;
  };
  object_jobs: { job_id: string; organization_id: string; ticket: string; keys: string; created: number };
  /** Which artifacts belong to which backtest; a content is shared by all that are equal. */
  backtest_artifacts: { backtest_id: string; hash: string };
  /** Artifacts that may be left over; they are removed when nothing refers to them. */
  artifact_trash: { hash: string };
}
