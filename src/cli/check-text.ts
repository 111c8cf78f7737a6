import type { CheckResult } from "./cli-services.ts";
import type { Output } from "./output.ts";

/** As wide as the longest name of a check. */
const NAME_WIDTH = 19;

/** A finding for people: one line, and what to do below it. */
export function checkText({ name, state, detail, remedy }: CheckResult, output: Output): string {
  const mark =
    state === "ok"
      ? output.paint("green", "✓")
      : state === "warning"
        ? output.paint("yellow", "!")
        : output.paint("red", "✗");
  const fix = remedy === undefined ? "" : `\n  ${"".padEnd(NAME_WIDTH)} ${output.paint("dim", "fix:")} ${remedy}`;
  return `${mark} ${name.padEnd(NAME_WIDTH)} ${detail}${fix}`;
}
