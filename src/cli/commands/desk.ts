import type { Command } from "commander";
import { z } from "zod";
import type { CliServices, DeskLink } from "../cli-services.ts";
import { action, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { table, type Output } from "../output.ts";
import { upstreamsSchema, upstreamsTable } from "../upstream-view.ts";

export const statusSchema = z.looseObject({
  version: z.string(),
  pid: z.int(),
  profile: z.string(),
  dataDir: z.string(),
  startedAt: z.number(),
  memoryBytes: z.number(),
  vault: z.object({ kind: z.string(), notice: z.string().nullable() }),
  credentials: z.string().nullable(),
  upstreams: upstreamsSchema,
  runs: z.array(z.looseObject({ id: z.string(), title: z.string(), state: z.string(), progress: z.number() })),
  strategies: z.int(),
  trials: z.int(),
  openTrials: z.int(),
  auditRecords: z.int(),
});

/** `up`, `down`, `status`, and the hidden `desk` that runs one in the foreground. */
export function addDeskCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(program.command("up").description("start the desk in the background")).action(
    action(services, done, async ({ session, output }) => {
      await using desk = await session.desk();
      const status = statusSchema.parse(await desk.request("status"));
      output.result(
        { ...status, started: desk.started },
        `${desk.started ? "The desk runs now" : "The desk runs already"} (pid ${status.pid}, profile ${status.profile}).\n${describe(status, output)}`,
      );
    }),
  );
  withGlobalFlags(program.command("down").description("stop the desk and everything it started")).action(
    action(services, done, async ({ session, output }) => {
      const desk = await session.runningDesk();
      if (desk === undefined) {
        output.result({ stopped: false, running: false }, "No desk runs here.");
        return EXIT.DONE;
      }
      const { pid, busy } = z.object({ pid: z.int(), busy: z.int() }).parse(await desk.request("down"));
      await desk[Symbol.asyncDispose]();
      const stopped = await session.processEnded(pid);
      output.result(
        { stopped, running: !stopped, pid },
        stopped
          ? `The desk has stopped.${busy > 0 ? ` ${busy} runs go on when it starts again.` : ""}`
          : `The desk (pid ${pid}) was asked to stop but still runs.`,
      );
      return stopped ? EXIT.DONE : EXIT.FAILED;
    }),
  );
  withGlobalFlags(program.command("status").description("whether the desk runs, and what it does")).action(
    action(services, done, async ({ session, output }) => {
      const desk = await session.runningDesk();
      if (desk === undefined) {
        output.result(
          { running: false, dataDir: session.dataDir },
          `No desk runs for ${session.dataDir}. \`quantwright up\` starts it; every command that needs it does so too.`,
        );
        return;
      }
      await using link: DeskLink = desk;
      const status = statusSchema.parse(await link.request("status"));
      output.result({ running: true, ...status }, describe(status, output));
    }),
  );
  withGlobalFlags(program.command("desk", { hidden: true })).action(
    action(services, done, async ({ session, services: { terminal } }) => {
      await session.runDesk(() => terminal.out(`${JSON.stringify({ ready: true })}\n`));
    }),
  );
}

function describe(status: z.infer<typeof statusSchema>, output: Output): string {
  const lines = [
    `${output.paint("bold", "Desk")}       pid ${status.pid}, version ${status.version}, profile ${status.profile}, ${Math.round(status.memoryBytes / 1048576)} MB`,
    `Data       ${status.dataDir}`,
    `Secrets    ${status.vault.kind}${status.vault.notice === null ? "" : ` (${status.vault.notice})`}`,
    `Account    ${status.credentials === null ? "no QuantConnect credentials (`quantwright login quantconnect`)" : `QuantConnect, from the ${status.credentials}`}`,
    `Ledger     ${status.strategies} strategies, ${status.trials} trials (${status.openTrials} open), ${status.auditRecords} audit records`,
    "",
    upstreamsTable(status.upstreams),
  ];
  if (status.runs.length > 0)
    lines.push(
      "",
      table(
        ["run", "state", "progress", "what"],
        status.runs.map((run) => [run.id, run.state, `${Math.round(run.progress * 100)} %`, run.title]),
      ),
    );
  return lines.join("\n");
}
