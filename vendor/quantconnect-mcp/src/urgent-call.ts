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

/** What opens or changes positions: meant for now, and whoever decided it may think otherwise a moment later. */
const MEANT_FOR_NOW: ReadonlySet<string> = new Set([
  "create_live_algorithm",
  "create_live_command",
  "broadcast_live_command",
]);

/** How long a call may be held back at most, in milliseconds; undefined for those that have time. */
export function longestWait(tool: string): number | undefined {
  return MEANT_FOR_NOW.has(tool) ? 2000 : undefined;
}

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
