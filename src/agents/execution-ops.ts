import type { Agent } from "./agent.ts";

/**
 * Execution Ops: deployments, commands, portfolio, reconciliation, promotion requests. It may never edit code, approve,
 * or change limits. It owns no tool of the desk's list yet: each of its tools trades, and trading needs approvals, which
 * this version cannot give. Its role covers what it may look at.
 */
export function executionOps(): Agent {
  return {
    name: "execution-ops",
    skills: [],
    upstreamTools: new Set([
      "read_account",
      "list_projects",
      "read_project",
      "read_project_nodes",
      "read_backtest",
      "list_backtests",
      "create_live_algorithm",
      "read_live_algorithm",
      "list_live_algorithms",
      "read_live_chart",
      "read_live_logs",
      "read_live_portfolio",
      "read_live_orders",
      "read_live_trades",
      "read_live_insights",
      "stop_live_algorithm",
      "liquidate_live_algorithm",
      "create_live_command",
    ]),
  };
}
