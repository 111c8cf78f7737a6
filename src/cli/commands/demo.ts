import type { Command } from "commander";
import { shortened } from "../../domain/shortened.ts";
import type { CliServices, DemoStep } from "../cli-services.ts";
import { action, withGlobalFlags } from "../command.ts";
import type { Output } from "../output.ts";

/** Where the detail of a step begins. */
const DETAIL_COLUMN = 40;

/** `demo`: the whole loop, offline, in a data directory of its own. */
export function addDemoCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    program.command("demo").description("the whole loop on real prices, offline, no question asked"),
  ).action(
    action(services, done, async ({ session, output }) => {
      let steps = 0;
      const { isTerminal, columns } = services.terminal;
      const room = isTerminal ? Math.max(40, columns - DETAIL_COLUMN) : Number.MAX_SAFE_INTEGER;
      const onStep = (step: DemoStep): void => {
        if (step.kind === "progress") output.bar(step.fraction ?? 0, step.detail);
        if (step.kind === "done") {
          steps += 1;
          output.note(
            `${output.paint("green", "✓")} ${String(steps).padStart(2)} ${step.title.padEnd(34)} ${output.paint("dim", shortened(step.detail, room))}`,
          );
        }
        if (step.kind === "begin") begin(output, step);
      };
      const outcome = await session.demo({ onStep, signal: services.interrupted });
      output.result({ ...outcome.summary, htmlFile: outcome.htmlFile, dataDir: outcome.dataDir }, outcome.report);
    }),
  );
}

function begin(output: Output, step: DemoStep): void {
  output.bar(0, `${step.title} …`);
}
