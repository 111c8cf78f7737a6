import type { ToolArguments } from "./tool.ts";

/** Calls that end or reduce a deployment. */
const URGENT_TOOLS: ReadonlySet<string> = new Set(["stop_live_algorithm", "liquidate_live_algorithm"]);
/** Commands that only reduce: LEAN's own and the one that tells our twin to. */
const URGENT_COMMANDS: ReadonlySet<string> = new Set([
  "CancelOrderCommand",
  "LiquidateCommand",
  "QuitCommand",
  "QuantwrightControl",
]);

/** Whether a call may not wait behind others: it stops, liquidates, cancels or restricts. */
export function isUrgentCall(tool: string, args: ToolArguments): boolean {
  if (URGENT_TOOLS.has(tool)) return true;
  if (tool !== "create_live_command" && tool !== "broadcast_live_command") return false;
  const { command } = args;
  const type = typeof command === "object" && command !== null && "$type" in command ? command.$type : undefined;
  // The long form is `QuantConnect.Commands.CancelOrderCommand, QuantConnect.Common`.
  const name = typeof type === "string" ? type.split(",")[0]?.split(".").at(-1) : undefined;
  return name !== undefined && URGENT_COMMANDS.has(name.trim());
}
