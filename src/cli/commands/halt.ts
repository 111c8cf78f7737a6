import type { Command } from "commander";
import { z } from "zod";
import { haltText } from "../../domain/halt-state.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";

const optionsSchema = z.object({
  flatten: z.boolean().default(false),
  account: z.string().min(1).optional(),
  reason: z.string().max(500).default("asked for on the command line"),
});

/** `halt`: the launcher runs it as a program of its own (src/halt.ts); here it stands among the other commands. */
export function addHaltCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    program
      .command("halt")
      .description("stop trading at once; needs no desk and no passphrase")
      .option("--flatten", "close all positions too, and stop algorithms once they are seen flat")
      .option("--account <deployId>", "only this deployment (default: everything)")
      .option("--reason <text>", "why, for the record"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { flatten, account, reason } = parseOptions(optionsSchema, options);
      const onState = ({
        deployId,
        state,
        milliseconds,
      }: Parameters<Parameters<typeof session.halt>[0]["onState"]>[0]) =>
        output.note(`${deployId}: ${haltText(state)} (${milliseconds} ms)`);
      const outcome = await session.halt({ flatten, account, reason, onState });
      output.result(
        { ...outcome },
        outcome.confirmed
          ? "Trading is halted, and that is confirmed. An operator lets it go on with `quantwright rearm`."
          : "The gate is closed; not all is confirmed.",
      );
      return outcome.confirmed ? EXIT.DONE : EXIT.FAILED;
    }),
  );
}
