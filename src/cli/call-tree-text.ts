import { isoTime } from "../domain/clock.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { CallNode } from "../gateway/call-tree.ts";
import type { Output } from "./output.ts";

const LONGEST_ARGUMENTS = 160;

/** Calls as an indented tree: when, how long, what, by whose leave, and how it ended. Nothing in it moves the cursor. */
export function callTreeText(calls: readonly CallNode[], output: Pick<Output, "paint">): string {
  return calls.flatMap((call) => linesOf(call, 0, output)).join("\n");
}

function linesOf(call: CallNode, level: number, output: Pick<Output, "paint">): string[] {
  const { begin, end } = call;
  const first = begin ?? end;
  const indent = "  ".repeat(level);
  if (first === undefined) return [];
  const parts = [
    isoTime(first.at),
    durationOf(call).padStart(9),
    visibleText(first.principal, 40),
    first.class ?? first.kind,
    visibleText(first.tool, 128),
    endOf(call, output),
  ];
  const about = [
    ...(first.account === undefined ? [] : [`account ${first.account}`]),
    ...(first.approvalId === undefined ? [] : [`approval ${first.approvalId}`]),
    visibleText(first.arguments, LONGEST_ARGUMENTS),
  ];
  const detail = (end ?? first).detail;
  return [
    `${indent}${parts.join("  ")}`,
    `${indent}    ${visibleText(about.join("  "), 400)}`,
    ...(detail === "" ? [] : [`${indent}    ${visibleText(detail, 400)}`]),
    ...call.calls.flatMap((inner) => linesOf(inner, level + 1, output)),
  ];
}

function durationOf({ begin, end }: CallNode): string {
  if (begin === undefined || end === undefined) return "–";
  const milliseconds = (end.at - begin.at) / 1000;
  return milliseconds < 10_000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function endOf({ begin, end }: CallNode, output: Pick<Output, "paint">): string {
  const result = visibleText((end ?? begin)?.result ?? "", 60);
  if (end === undefined && begin?.kind === "intent") return output.paint("yellow", "open");
  return output.paint(result === "ok" ? "green" : "red", result);
}
