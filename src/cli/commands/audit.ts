import { closeSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { auditRecordSchema, type AuditRecord } from "../../domain/audit-record.ts";
import { isoTime } from "../../domain/clock.ts";
import { operatorNameSchema } from "../../domain/operator.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { OtlpLogs } from "../../gateway/audit-otlp.ts";
import { callTree } from "../../gateway/call-tree.ts";
import { agree } from "../agree.ts";
import { callTreeText } from "../call-tree-text.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { chooseSigner, openSigner } from "../operator-signing.ts";
import { table } from "../output.ts";

type Add = (audit: Command, services: CliServices, done: (code: number) => void) => void;

/** `audit tail|verify|export|prune|replay|restore-head`: the record of every call. */
export function addAuditCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const audit = program.command("audit").description("the record of every call");
  const commands: readonly Add[] = [addTail, addVerify, addExport, addPrune, addReplay, addRestoreHead];
  for (const add of commands) add(audit, services, done);
}

const verdictSchema = z.union([
  z.object({ ok: z.literal(true), count: z.int(), head: z.string() }),
  z.object({ ok: z.literal(false), seq: z.int(), fault: z.string() }),
]);

const addVerify: Add = (audit, services, done) => {
  withGlobalFlags(
    audit
      .command("verify")
      .description("check that no record was changed, removed or reordered")
      .option("--archive <files...>", "check these archives of pruned records too"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { archive } = parseOptions(z.object({ archive: z.array(z.string()).default([]) }), options);
      await using desk = await session.desk();
      const archives = archive.map((file) => resolve(file));
      const verdict = verdictSchema.parse(await desk.request("audit.verify", { archives }));
      output.result(
        verdict,
        verdict.ok
          ? `${output.paint("green", "✓")} ${verdict.count} records hold together; head ${verdict.head.slice(0, 16)}…`
          : `${output.paint("red", "✗")} broken at record ${verdict.seq}: ${verdict.fault}`,
      );
      return verdict.ok ? EXIT.DONE : EXIT.FAILED;
    }),
  );
};

const addTail: Add = (audit, services, done) => {
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
          ["seq", "time", "call", "principal", "kind", "class", "tool", "result"],
          records.map((one) => [
            String(one.seq),
            isoTime(one.at),
            one.callId,
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
};

const exportSchema = z.object({ format: z.enum(["jsonl", "otlp"]), out: z.string().optional() });

const addExport: Add = (audit, services, done) => {
  withGlobalFlags(
    audit
      .command("export")
      .description("every record as a JSON line")
      .option("--format <format>", "jsonl: as they are; otlp: log records of OpenTelemetry", "jsonl")
      .option("--out <file>", "write to a new file that only you can read, instead of standard output"),
  ).action(
    action(services, done, async ({ session, output, services: { terminal } }, options) => {
      const { format, out } = parseOptions(exportSchema, options);
      await using desk = await session.desk();
      const lineOf = lineWriter(format, desk.version);
      const file = out === undefined ? undefined : newFile(resolve(out));
      const write = file === undefined ? (text: string) => terminal.out(text) : (text: string) => writeSync(file, text);
      try {
        const onEvent = (record: unknown): void => {
          write(lineOf(record));
        };
        const answer = await desk.request("audit.export", {}, { onEvent, signal: services.interrupted });
        const { count } = z.object({ count: z.int() }).parse(answer);
        output.note(out === undefined ? `${count} records` : `${count} records written to ${out}`);
      } finally {
        if (file !== undefined) closeSync(file);
      }
    }),
  );
};

function lineWriter(format: "jsonl" | "otlp", version: string): (record: unknown) => string {
  const logs = new OtlpLogs(version);
  return (record) => `${JSON.stringify(format === "jsonl" ? record : logs.record(auditRecordSchema.parse(record)))}\n`;
}

function newFile(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RefusalError(
      {
        code: "FILE_UNWRITABLE",
        message: `${path} cannot be written: ${reason}`,
        remedy: "name a file that is not there yet",
      },
      { cause: error },
    );
  }
}

const dateSchema = z.iso
  .date()
  .or(z.iso.datetime())
  .transform((text) => Date.parse(text) * 1000);

const addPrune: Add = (audit, services, done) => {
  withGlobalFlags(
    audit
      .command("prune")
      .description(
        "move old records to a compressed archive; the log stays verifiable, with the archive and without it",
      )
      .requiredOption("--before <date>", "records from before this day or time, UTC")
      .requiredOption("--archive <file>", "a new file for them"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { before, archive } = parseOptions(z.object({ before: dateSchema, archive: z.string().min(1) }), options);
      await using desk = await session.desk();
      const file = resolve(archive);
      const answer = await desk.request("audit.prune", { before, archive: file });
      const pruned = z.object({ count: z.int(), sha256: z.string() }).parse(answer);
      output.result(
        { ...pruned, archive: file },
        `${output.paint("green", "✓")} ${pruned.count} records moved to ${file}; keep it, and check both with \`audit verify --archive ${archive}\``,
      );
    }),
  );
};

const addRestoreHead: Add = (audit, services, done) => {
  withGlobalFlags(
    audit
      .command("restore-head")
      .description("write the lost head file of the log anew, with an operator's signature; terminal only")
      .option("--as <name>", "who signs (default: the operator whose key lies here)"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { as } = parseOptions(z.object({ as: operatorNameSchema.optional() }), options);
      const restored = await session.restoreAuditHead(async ({ desk, demo, operators: state, ...found }) => {
        const { terminal } = services;
        const shown = `The head file of the audit log is gone. ${found.records} records hold together; the vault knows ${found.marked} of them.\nNobody can say whether there were more.`;
        if (state.kind === "none") {
          await agree(terminal, `${shown}\nType "restore" to go on with these: `, "restore");
          return "nobody is enrolled";
        }
        const operator = chooseSigner({ desk, demo, state }, as, session);
        const sign = await openSigner({ session, terminal }, { desk, operator, kind: "audit-head", shown });
        return sign(found);
      });
      if (restored === undefined) output.result({ restored: false }, "The head file of the audit log is there.");
      else {
        const { records, marked } = restored;
        const text = `The log goes on after record ${records}; who was for it is the next record. Look at \`quantwright audit verify\`.`;
        output.result({ restored: true, records, marked }, text);
      }
    }),
  );
};

const addReplay: Add = (audit, services, done) => {
  withGlobalFlags(
    audit
      .command("replay")
      .description("what a call or a run did: its calls as a tree, with times, arguments and ends")
      .argument("<id>", "id of a call or a run"),
  ).action(
    action(services, done, async ({ session, output }, given) => {
      const id = z.string().parse(given);
      await using desk = await session.desk();
      const records: readonly AuditRecord[] = z
        .array(auditRecordSchema)
        .parse(await desk.request("audit.calls", { id }));
      if (records.length === 0) {
        throw new RefusalError({
          code: "CALL_UNKNOWN",
          message: `the log holds no call and no run "${id.slice(0, 100)}"`,
          remedy:
            "ids of calls stand in `quantwright audit tail`, of runs in `quantwright status`; pruned records are in their archive",
        });
      }
      const tree = callTree(records);
      output.result(tree, callTreeText(tree, output));
    }),
  );
};
