import type { CheckResult } from "./cli-services.ts";
import type { Output } from "./output.ts";

/** A finding for people: one line, and what to do below it. */
export function checkText({ name, state, detail, remedy }: CheckResult, output: Output): string {
  const mark =
    state === "ok"
      ? output.paint("green", "✓")
      : state === "warning"
        ? output.paint("yellow", "!")
        : output.paint("red", "✗");
  const fix = remedy === undefined ? "" : `\n  ${"".padEnd(18)} ${output.paint("dim", "fix:")} ${remedy}`;
  return `${mark} ${name.padEnd(18)} ${detail}${fix}`;
}
