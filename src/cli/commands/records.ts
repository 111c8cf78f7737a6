import type { Command } from "commander";
import { z } from "zod";
import { auditRecordSchema } from "../../domain/audit-record.ts";
import { isoTime } from "../../domain/clock.ts";
import { trialSchema } from "../../domain/trial.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { table } from "../output.ts";

const verdictSchema = z.union([
  z.object({ ok: z.literal(true), count: z.int(), head: z.string() }),
  z.object({ ok: z.literal(false), seq: z.int(), fault: z.string() }),
]);

/** `audit verify|export|tail` and `trials`: what the desk recorded. */
export function addRecordCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  addAuditCommands(program, services, done);
  addTrialsCommand(program, services, done);
}

function addAuditCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const audit = program.command("audit").description("the record of every call");
  withGlobalFlags(audit.command("verify").description("check that no record was changed, removed or reordered")).action(
    action(services, done, async ({ session, output }) => {
      await using desk = await session.desk();
      const verdict = verdictSchema.parse(await desk.request("audit.verify"));
      output.result(
        verdict,
        verdict.ok
          ? `${output.paint("green", "✓")} ${verdict.count} records hold together; head ${verdict.head.slice(0, 16)}…`
          : `${output.paint("red", "✗")} broken at record ${verdict.seq}: ${verdict.fault}`,
      );
      return verdict.ok ? EXIT.DONE : EXIT.FAILED;
    }),
  );
  withGlobalFlags(
    audit.command("tail").description("the last records").option("-n, --count <count>", "how many", "20"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { count } = parseOptions(z.object({ count: z.coerce.number().int().min(1).max(1000) }), options);
      await using desk = await session.desk();
      const records = z.array(auditRecordSchema).parse(await desk.request("audit.tail", { count }));
      output.result(
        records,
        table(
          ["seq", "time", "principal", "kind", "class", "tool", "result"],
          records.map((one) => [
            String(one.seq),
            isoTime(one.at),
            one.principal,
            one.kind,
            one.class ?? "–",
            one.tool,
            one.result || "–",
          ]),
        ),
      );
    }),
  );
  withGlobalFlags(audit.command("export").description("every record as a JSON line")).action(
    action(services, done, async ({ session, output, services: { terminal } }) => {
      await using desk = await session.desk();
      const { count } = z
        .object({ count: z.int() })
        .parse(
          await desk.request(
            "audit.export",
            {},
            { onEvent: (record) => terminal.out(`${JSON.stringify(record)}\n`), signal: services.interrupted },
          ),
        );
      output.note(`${count} records`);
    }),
  );
}

function addTrialsCommand(program: Command, services: CliServices, done: (code: number) => void): void {
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
          ? "No trial was recorded yet."
          : table(["opened", "state", "profile", "by", "Sharpe", "net profit", "parameters", "name"], rows),
      );
    }),
  );
}
