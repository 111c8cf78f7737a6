import type { Agent } from "./agent.ts";
import { analyzeStrategy } from "./analyze-strategy.ts";
import { createStrategy } from "./create-strategy.ts";
import { editStrategy } from "./edit-strategy.ts";
import { listStrategies } from "./list-strategies.ts";
import { runBacktest } from "./run-backtest.ts";
import type { StrategyLabParts } from "./strategy-lab-parts.ts";

/** Strategy Lab: projects, files, compiling, backtests, trials and reports. It may never touch live tools. */
export function strategyLab(parts: StrategyLabParts): Agent {
  return {
    name: "strategy-lab",
    skills: [
      createStrategy(parts),
      editStrategy(parts),
      listStrategies(parts),
      runBacktest(parts),
      analyzeStrategy(parts),
    ],
    upstreamTools: new Set([
      "read_account",
      "create_project",
      "read_project",
      "list_projects",
      "update_project",
      "update_project_parameters",
      "create_file",
      "read_file",
      "update_file_name",
      "update_file_contents",
      "patch_file",
      "delete_file",
      "create_compile",
      "read_compile",
      "create_backtest",
      "read_backtest",
      "list_backtests",
      "read_backtest_chart",
      "read_backtest_orders",
      "read_backtest_insights",
      "read_backtest_logs",
      "read_backtest_trades",
      "read_backtest_report",
      "update_backtest",
      "delete_backtest",
      "estimate_optimization_time",
      "create_optimization",
      "read_optimization",
      "list_optimizations",
      "update_optimization",
      "abort_optimization",
      "delete_optimization",
      "check_initialization_errors",
      "complete_code",
      "enhance_error_message",
      "update_code_to_pep8",
      "check_syntax",
      "search_quantconnect",
      "read_lean_versions",
    ]),
  };
}
