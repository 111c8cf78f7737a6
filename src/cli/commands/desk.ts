import type { Command } from "commander";
import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import { operatorNameSchema } from "../../domain/operator.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { visibleText } from "../../domain/visible-text.ts";
import type { CliServices, CliSession, DeskLink } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags, type CommandContext } from "../command.ts";
import { enrolOperator } from "../enrol-operator.ts";
import { EXIT } from "../exit-code.ts";
import { deskOperators } from "../operator-signing.ts";
import { table, type Output } from "../output.ts";
import { upstreamsSchema, upstreamsTable } from "../upstream-view.ts";

const haltSchema = z.looseObject({ target: z.string(), since: z.int(), by: z.string(), reason: z.string() });

export const statusSchema = z.looseObject({
  version: z.string(),
  pid: z.int(),
  profile: z.string(),
  dataDir: z.string(),
  startedAt: z.number(),
  memoryBytes: z.number(),
  vault: z.object({ kind: z.string(), notice: z.string().nullable() }),
  credentials: z.string().nullable(),
  cloud: z.object({ pid: z.int(), live: z.int(), url: z.string(), restarts: z.int() }).nullable().default(null),
  upstreams: upstreamsSchema,
  runs: z.array(z.looseObject({ id: z.string(), title: z.string(), state: z.string(), progress: z.number() })),
  strategies: z.int(),
  trials: z.int(),
  openTrials: z.int(),
  auditRecords: z.int(),
  // A desk of an older version does not say these.
  http: z.object({ url: z.string().nullable(), fault: z.string().nullable() }).optional(),
  approvals: z.object({ operators: z.string(), pending: z.int() }).optional(),
  halt: haltSchema.nullable().optional(),
  haltedAccounts: z.array(haltSchema).default([]),
});

const upSchema = z.object({ http: z.coerce.number().int().min(0).max(65_535).optional(), httpHost: z.string().min(1) });

/** `up`, `down`, `status`, and the hidden `desk` that runs one in the foreground. */
export function addDeskCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const up = program
    .command("up")
    .description("start the desk in the background")
    .option("--http <port>", "serve MCP at /mcp over HTTP too, to clients with a key (`keys add`); 0 takes a free port")
    .option("--http-host <address>", "address to listen on for it", "127.0.0.1");
  withGlobalFlags(up).action(
    action(services, done, async (context, options) => {
      const { session, output } = context;
      const { http, httpHost } = parseOptions(upSchema, options);
      await using desk = await session.desk();
      if (http !== undefined) await desk.request("http.open", { port: http, host: httpHost });
      await enrolFirst(context, desk);
      const status = statusSchema.parse(await desk.request("status"));
      output.result(
        { ...status, started: desk.started },
        `${desk.started ? "The desk runs now" : "The desk runs already"} (pid ${status.pid}, profile ${status.profile}).\n${describe(status, output)}`,
      );
    }),
  );
  addDownCommand(program, services, done);
  withGlobalFlags(program.command("status").description("whether the desk runs, and what it does")).action(
    action(services, done, async ({ session, output }) => {
      const desk = await session.runningDesk();
      if (desk === undefined) {
        const cloud = await session.localCloud();
        const goesOn = cloud === undefined ? "" : `\nThe local cloud goes on: ${cloudText(cloud)}.`;
        output.result(
          { running: false, dataDir: session.dataDir, ...(cloud === undefined ? {} : { cloud }) },
          `No desk runs for ${session.dataDir}. \`quantwright up\` starts it; every command that needs it does so too.${goesOn}`,
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

/** Asks a person at a terminal who may approve, while nobody may. The desk runs, whatever comes of it. */
async function enrolFirst(context: CommandContext, desk: DeskLink): Promise<void> {
  const { output, services } = context;
  if (!services.terminal.isInteractive || output.json || output.quiet) return;
  if ((await deskOperators(desk)).state.kind !== "none") return;
  const name = await firstName(context);
  if (name === undefined) return;
  try {
    await enrolOperator(context, name, { solo: false });
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    output.refusal(error.refusal);
    output.note(`Nobody may approve yet: \`quantwright operators add ${name}\` tries again.`);
  }
}

/** A name for an operator, asked for until one comes; undefined for later. */
async function firstName({ output, services }: CommandContext): Promise<string | undefined> {
  for (;;) {
    const typed = (
      await services.terminal.readLine("Who may approve what trades? Name of the first operator (empty: later): ")
    ).trim();
    if (typed === "") return undefined;
    if (operatorNameSchema.safeParse(typed).success) return typed;
    output.note("A name has small letters, digits and dashes and begins with a letter, such as anna.");
  }
}

function addDownCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  const command = program
    .command("down")
    .description("stop the desk and what it started; live deployments go on in the local cloud")
    .option("--cloud", "end the local cloud too; its live deployments go on at the next `up`");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output }, options) => {
      const { cloud: endsCloud } = parseOptions(z.object({ cloud: z.boolean().default(false) }), options);
      const desk = await stopDesk(session);
      const cloud = endsCloud ? await session.endLocalCloud() : await session.localCloud();
      const stopped = desk?.stopped ?? false;
      output.result(
        {
          stopped,
          running: desk !== undefined && !stopped,
          ...(desk === undefined ? {} : { pid: desk.pid }),
          ...(cloud === undefined ? {} : { cloud }),
        },
        [deskText(desk), ...(cloud === undefined ? [] : [leftText(cloud)])].join("\n"),
      );
      return desk?.stopped === false || (cloud !== undefined && "stopped" in cloud && !cloud.stopped)
        ? EXIT.FAILED
        : EXIT.DONE;
    }),
  );
}

interface StoppedDesk {
  readonly pid: number;
  readonly busy: number;
  readonly stopped: boolean;
}

async function stopDesk(session: CliSession): Promise<StoppedDesk | undefined> {
  const desk = await session.runningDesk();
  if (desk === undefined) return undefined;
  const { pid, busy } = z.object({ pid: z.int(), busy: z.int() }).parse(await desk.request("down"));
  await desk[Symbol.asyncDispose]();
  return { pid, busy, stopped: await session.processEnded(pid) };
}

function deskText(desk: StoppedDesk | undefined): string {
  if (desk === undefined) return "No desk runs here.";
  const { pid, busy, stopped } = desk;
  if (!stopped) return `The desk (pid ${pid}) was asked to stop but still runs.`;
  return `The desk has stopped.${busy > 0 ? ` ${busy} runs go on when it starts again.` : ""}`;
}

type SeenCloud = { readonly pid: number; readonly live: number | null };

function leftText(cloud: SeenCloud | { readonly pid: number; readonly stopped: boolean }): string {
  if ("live" in cloud) return `The local cloud goes on: ${cloudText(cloud)}. \`quantwright down --cloud\` ends it too.`;
  return cloud.stopped
    ? "The local cloud has stopped; its live deployments go on at the next `quantwright up`."
    : `The local cloud (pid ${cloud.pid}) was asked to stop but still runs.`;
}

function cloudText({ pid, live }: SeenCloud): string {
  if (live === null) return `pid ${pid}, which does not say what it does`;
  return `pid ${pid}, ${live} live ${live === 1 ? "deployment" : "deployments"}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function haltLine({ target, since, by, reason }: z.infer<typeof haltSchema>, output: Output): string {
  const account = visibleText(target);
  const [of, option] = target === "desk" ? ["", ""] : [`account ${account} `, ` --account ${account}`];
  const why = `${isoTime(since)} by ${visibleText(by)}: ${visibleText(reason)}`;
  return `${output.paint("red", "HALTED")}     ${of}since ${why} (\`quantwright rearm${option}\` lets trading go on)`;
}

function describe(status: z.infer<typeof statusSchema>, output: Output): string {
  const lines = [
    `${output.paint("bold", "Desk")}       pid ${status.pid}, version ${status.version}, profile ${status.profile}, ${Math.round(status.memoryBytes / 1048576)} MB`,
    `Data       ${status.dataDir}`,
    `Secrets    ${status.vault.kind}${status.vault.notice === null ? "" : ` (${status.vault.notice})`}`,
    `Account    ${status.credentials === null ? "no QuantConnect credentials (`quantwright login quantconnect`)" : `QuantConnect, from the ${status.credentials}`}`,
    `Ledger     ${counted(status.strategies, "strategy", "strategies")}, ${counted(status.trials, "trial")} (${status.openTrials} open), ${counted(status.auditRecords, "audit record")}`,
    "",
    upstreamsTable(status.upstreams),
  ];
  if (status.approvals !== undefined) {
    const { operators, pending } = status.approvals;
    lines.splice(
      -2,
      0,
      `Operators  ${operators}; ${counted(pending, "call")} ${pending === 1 ? "waits" : "wait"} for approval`,
    );
  }
  const halts = [status.halt, ...status.haltedAccounts].filter((halt) => halt !== null && halt !== undefined);
  lines.splice(1, 0, ...halts.map((halt) => haltLine(halt, output)));
  const { url = null, fault = null } = status.http ?? {};
  if (url !== null) lines.splice(-2, 0, `HTTP       ${url} (clients need a key: \`quantwright keys\`)`);
  else if (fault !== null) lines.splice(-2, 0, `HTTP       closed: ${fault}`);
  if (status.cloud !== null) lines.splice(-2, 0, `Cloud      ${cloudText(status.cloud)}`);
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
