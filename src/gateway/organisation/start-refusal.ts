import { answerBody, errorText, isEffectUnknown } from "../answer-body.ts";
import type { ToolResult } from "../upstream-port.ts";

/** Why a start was refused though nothing is wrong with it: no node is free, or there were too many starts. */
export type ShortOf = "node" | "rate";

/** The kinds of machines that starts need: each has its own queue. */
const LANES: ReadonlyMap<string, string> = new Map([
  ["create_backtest", "backtest"],
  ["create_optimization", "optimization"],
  ["create_live_algorithm", "live"],
]);

/** The queue of a QuantConnect tool that starts something on a node; undefined for all others. */
export function laneOf(tool: string): string | undefined {
  return LANES.get(tool);
}

/** QuantConnect's own words, as they were seen; what is not known is an error like any other. */
const NO_NODE = /^there are no spare nodes available in your cluster\./i;
const TOO_MANY = /^too many .*requests; please slow down/i;

/**
 * What the service is short of, by its answer to a start. It refuses so before it does anything, so that asking again is
 * safe; undefined for every answer that is not clearly that.
 */
export function shortOf(result: ToolResult): ShortOf | undefined {
  if (answerBody(result)["success"] !== false || isEffectUnknown(result)) return undefined;
  const said = errorText(result) ?? "";
  return NO_NODE.test(said) ? "node" : TOO_MANY.test(said) ? "rate" : undefined;
}
