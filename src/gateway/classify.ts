import type { CallClass } from "../domain/call-class.ts";
import type { DeploymentMode } from "../domain/profile.ts";

/** A live algorithm that has not ended, as far as a class depends on it. */
export interface RunningDeployment {
  readonly deployId: string;
  readonly mode: DeploymentMode;
}

/** What is known about deployments when a call is judged. `unknown` makes every write to a project count as live. */
export interface DeploymentState {
  /** By project. */
  readonly running: ReadonlyMap<number, RunningDeployment> | "unknown";
  /** Projects whose accounts were looked at and hold neither positions nor working orders. */
  readonly flat: ReadonlySet<number>;
}

/** The state in which nothing runs. */
export const NOTHING_RUNS: DeploymentState = { running: new Map(), flat: new Set() };

const READS = new Set([
  "read_account",
  "read_project",
  "list_projects",
  "read_project_collaborators",
  "read_project_nodes",
  "read_compile",
  "read_file",
  "read_backtest",
  "list_backtests",
  "read_backtest_chart",
  "read_backtest_orders",
  "read_backtest_insights",
  "read_backtest_logs",
  "read_backtest_trades",
  "read_backtest_report",
  "estimate_optimization_time",
  "read_optimization",
  "list_optimizations",
  "read_live_algorithm",
  "list_live_algorithms",
  "read_live_chart",
  "read_live_logs",
  "read_live_portfolio",
  "read_live_orders",
  "read_live_trades",
  "read_live_insights",
  "read_object_properties",
  "read_object_store_file_job_id",
  "read_object_store_file_download_url",
  "list_object_store_files",
  "read_lean_versions",
  "check_initialization_errors",
  "complete_code",
  "enhance_error_message",
  "update_code_to_pep8",
  "check_syntax",
  "search_quantconnect",
  "read_mcp_server_version",
  "read_latest_mcp_server_version",
]);

/** Writes that touch what a live deployment may run on; they are `live` when it does. */
const PROJECT_WRITES = new Set([
  "update_project",
  "update_project_parameters",
  "delete_project",
  "lock_project_with_collaborators",
  "update_project_nodes",
  "create_file",
  "update_file_name",
  "update_file_contents",
  "patch_file",
  "delete_file",
]);

const WRITES = new Set([
  "create_project",
  "update_backtest",
  "update_backtest_tags",
  "delete_backtest",
  "update_optimization",
  "delete_optimization",
  "abort_optimization",
]);

/** Objects are shared by an organisation, so any live deployment may read them. */
const OBJECT_WRITES = new Set(["upload_object", "delete_object"]);
const COMPUTES = new Set(["create_compile", "create_backtest", "create_optimization"]);
const ADMINS = new Set([
  "create_project_collaborator",
  "update_project_collaborator",
  "delete_project_collaborator",
  "authorize_connection",
]);
const PAPER_BROKERAGES = new Set(["QuantConnectBrokerage", "PaperBrokerage"]);
const SIMULATED_BROKERAGE = "SimulatedBrokerage";

/**
 * The class of a call to a QuantConnect tool, from its name, its arguments and the state of deployments. Hints of an
 * upstream are not asked. A tool that is not known is `live`.
 */
export function classify(tool: string, args: Readonly<Record<string, unknown>>, state: DeploymentState): CallClass {
  if (READS.has(tool)) return "read";
  if (COMPUTES.has(tool)) return "compute";
  if (WRITES.has(tool)) return "write";
  if (ADMINS.has(tool)) return "admin";
  if (PROJECT_WRITES.has(tool)) return ofProject(args["projectId"], state);
  if (OBJECT_WRITES.has(tool)) return ofObject(args["key"], state);
  switch (tool) {
    case "create_live_algorithm":
      return brokerageMode(args["brokerage"]) === "PAPER" ? "paper" : "live";
    case "liquidate_live_algorithm":
      // All orders go and all positions with them: nothing that they protected is left.
      return "reduce";
    case "stop_live_algorithm":
      return isFlat(args["projectId"], state) ? "reduce" : ofRunning(args["projectId"], state);
    case "create_live_command":
      return ofRunning(args["projectId"], state);
    default:
      return "live";
  }
}

/** How what a deployment of this brokerage does counts; anything that is not surely paper is LIVE. */
export function brokerageMode(brokerage: unknown): DeploymentMode {
  const id = brokerage !== null && typeof brokerage === "object" && "id" in brokerage ? brokerage.id : undefined;
  if (typeof id !== "string") return "LIVE";
  if (id === SIMULATED_BROKERAGE) return "SIMULATED LIVE";
  return PAPER_BROKERAGES.has(id) ? "PAPER" : "LIVE";
}

/** Whether a QuantConnect tool may change the files of a project. */
export function isProjectWrite(tool: string): boolean {
  return PROJECT_WRITES.has(tool);
}

/** Whether a QuantConnect tool only reads, whatever its arguments. */
export function isRead(tool: string): boolean {
  return READS.has(tool);
}

/** Whether the class of a tool depends on the state of deployments, which then has to be looked up. */
export function dependsOnDeployments(tool: string): boolean {
  return PROJECT_WRITES.has(tool) || OBJECT_WRITES.has(tool) || OF_RUNNING.has(tool);
}

const OF_RUNNING = new Set(["stop_live_algorithm", "liquidate_live_algorithm", "create_live_command"]);

/** Every tool that `classify` knows by name, for the table in the docs and its test. */
export const CLASSIFIED_TOOLS: readonly string[] = [
  ...READS,
  ...PROJECT_WRITES,
  ...WRITES,
  ...OBJECT_WRITES,
  ...COMPUTES,
  ...ADMINS,
  "create_live_algorithm",
  "stop_live_algorithm",
  "liquidate_live_algorithm",
  "create_live_command",
  "broadcast_live_command",
];

/** A write to what a deployment may run on counts as much as trading there. */
function ofProject(projectId: unknown, state: DeploymentState): CallClass {
  if (state.running === "unknown" || typeof projectId !== "number") return "live";
  const deployment = state.running.get(projectId);
  return deployment === undefined ? "write" : ofMode(deployment.mode);
}

/** What the twin keeps among the objects (twin-files.ts): what was approved, what was latched, which keys were used. */
const TWIN_FOLDER = "quantwright";

/** Whoever may write what the twin keeps could open a latch of it between two deployments. */
function ofObject(key: unknown, state: DeploymentState): CallClass {
  const byState = ofAll(state);
  return byState === "write" && mayBeOfTwin(key) ? "admin" : byState;
}

/** Whether a key is one of the twin's, its folder, or no plain path, whatever a cloud makes of that. */
function mayBeOfTwin(key: unknown): boolean {
  if (typeof key !== "string") return true;
  const segments = key.replace(/^\/+/, "").split("/");
  const isPlain = segments.every((segment) => /^(?!\.{1,2}$)[^\\%\p{Cc}]+$/u.test(segment));
  return !isPlain || segments[0]?.trim().toLowerCase() === TWIN_FOLDER;
}

function ofAll({ running }: DeploymentState): CallClass {
  if (running === "unknown") return "live";
  const modes = [...running.values()].map(({ mode }) => mode);
  if (modes.length === 0) return "write";
  return modes.every((mode) => mode === "PAPER") ? "paper" : "live";
}

/** What reaches a running algorithm. Where none is known to run, it might be any. */
function ofRunning(projectId: unknown, { running }: DeploymentState): CallClass {
  if (running === "unknown" || typeof projectId !== "number") return "live";
  const deployment = running.get(projectId);
  return deployment === undefined ? "live" : ofMode(deployment.mode);
}

function ofMode(mode: DeploymentMode): CallClass {
  return mode === "PAPER" ? "paper" : "live";
}

function isFlat(projectId: unknown, { flat }: DeploymentState): boolean {
  return typeof projectId === "number" && flat.has(projectId);
}
