import type { Agent } from "./agent.ts";
import { cancelOrder } from "./trading/cancel-order.ts";
import { getAccountBalance } from "./trading/get-account-balance.ts";
import { getPositions } from "./trading/get-positions.ts";
import { placeOrder } from "./trading/place-order.ts";
import type { TradingParts } from "./trading/trading-parts.ts";

/**
 * Execution Ops: deployments, orders as live commands, portfolio. It may never edit code, approve, or change limits.
 */
export function executionOps(parts: TradingParts): Agent {
  return {
    name: "execution-ops",
    skills: [placeOrder(parts), cancelOrder(parts), getPositions(parts), getAccountBalance(parts)],
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
