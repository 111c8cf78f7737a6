import type { Command } from "commander";
import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import { trialSchema } from "../../domain/trial.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { table } from "../output.ts";

/** `trials`: what was tried. */
export function addTrialsCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    program
      .command("trials")
      .description("every backtest that was tried, newest last")
      .option("--strategy <id>", "of one strategy")
      .option("-n, --limit <count>", "how many", "30"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { strategy, limit } = parseOptions(
        z.object({ strategy: z.string().optional(), limit: z.coerce.number().int().min(1).max(10_000) }),
        options,
      );
      await using desk = await session.desk();
      const trials = z
        .array(trialSchema)
        .parse(
          await desk.request("trials.list", { limit, ...(strategy === undefined ? {} : { strategyId: strategy }) }),
        );
      const rows = trials.map((trial) => {
        const statistics = trial.result?.statistics ?? {};
        return [
          isoTime(trial.openedAt).slice(0, 19),
          trial.state,
          trial.profile,
          trial.principal,
          statistics["Sharpe Ratio"] ?? "–",
          statistics["Net Profit"] ?? "–",
          Object.entries(trial.parameters)
            .map(([key, value]) => `${key}=${value}`)
            .join(" ") || "–",
          trial.name,
        ];
      });
      output.result(
        trials,
        trials.length === 0
          ? `No trial ${strategy === undefined ? "" : `of strategy "${strategy}" `}was recorded yet.`
          : table(["opened", "state", "profile", "by", "Sharpe", "net profit", "parameters", "name"], rows),
      );
    }),
  );
}
