import { Option, type Command } from "commander";
import { z } from "zod";
import { checkText } from "../check-text.ts";
import type { CheckResult, CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { importText } from "../import-text.ts";
import { table } from "../output.ts";

/** `doctor`, `install`, `serve`, `cloud` and `data`: getting a machine and its clients ready. */
export function addSetupCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(program.command("doctor").description("what is missing, and the command that fixes it")).action(
    action(services, done, async ({ session, output }) => {
      const results: CheckResult[] = [];
      for await (const check of session.doctor()) {
        results.push(check);
        if (!output.json) output.result(check, checkText(check, output));
      }
      const failed = results.filter(({ state }) => state === "failed").length;
      output.result(
        { checks: results, failed },
        failed === 0 ? "Nothing is missing that the desk needs." : `${failed} of ${results.length} checks failed.`,
      );
      return failed === 0 ? EXIT.DONE : EXIT.FAILED;
    }),
  );
  withGlobalFlags(
    program
      .command("install")
      .description("write the config of an MCP client")
      .argument("<client>", "claude-desktop, claude-code, cursor or vscode")
      .option("--print", "only show what would be written"),
  ).action(
    action(services, done, async ({ session, output }, client, options) => {
      const { print } = parseOptions(z.object({ print: z.boolean().default(false) }), options);
      const { file, changed, backup, config } = await session.install(String(client), print);
      const text = JSON.stringify(config, null, 2);
      const said = print
        ? `${file}:\n${text}`
        : changed
          ? `Written to ${file}.${backup === null ? "" : ` The old file is kept as ${backup}.`} Restart ${String(client)}.`
          : `${file} has it already.`;
      output.result({ file, changed, backup, config }, said);
    }),
  );
  withGlobalFlags(
    program
      .command("serve")
      .description("the aggregated MCP server on standard input and output")
      .option("--toolset <name>", "desk, research or full", "desk")
      .option("--url <url>", "serve from a desk on another machine, with the key that `login desk URL` stored")
      .addOption(new Option("--no-start", "use a running desk only").hideHelp()),
  ).action(
    action(services, done, async ({ session }, options) => {
      const { toolset, start, url } = parseOptions(
        z.object({
          toolset: z.enum(["desk", "research", "full"]),
          start: z.boolean(),
          url: z.string().optional(),
        }),
        options,
      );
      await (url === undefined ? session.serve(toolset, start) : session.serveRemote(url));
    }),
  );
  addCloudCommand(program, services, done);
  addDataCommands(program, services, done);
}

const cloudOptions = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  host: z.string(),
  folder: z.string().optional(),
  userId: z.string(),
  tokenFile: z.string().optional(),
  organizationId: z.string().optional(),
  nodes: z.coerce.number().int().min(1).max(64).optional(),
  dataPolicy: z.enum(["real", "synthetic"]).optional(),
  collaboratorId: z.array(z.string().min(1)).optional(),
  queue: z.coerce.number().int().min(0).max(100_000).optional(),
  backtestsPerMinute: z.coerce.number().int().min(1).max(1_000_000).optional(),
  faults: z.string().optional(),
  trustProject: z.array(z.coerce.number().int().positive()).optional(),
  python: z.string().optional(),
  untilIdle: z.boolean().default(false),
});

function addCloudCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  const command = program
    .command("cloud")
    .description("the local QuantConnect-compatible cloud alone, for lean-cli and other clients")
    .option("--port <port>", "port on this machine; 0 takes a free one", "0")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--folder <folder>", "where its store lies")
    .option("--user-id <id>", "the user id that clients send", "1")
    .option("--token-file <file>", "file with the API token that clients must know; made if it is not there")
    .option("--organization-id <id>", "the organisation that it shows")
    .option("--nodes <count>", "how many backtests run at once")
    .option(
      "--data-policy <policy>",
      "where prices are missing: `real` is an error that names them, `synthetic` makes seeded ones and says so",
    )
    .option("--collaborator-id <id...>", "other users whom projects can be shared with")
    .option("--queue <count>", "how many backtests may wait; with 0 one needs a free node")
    .option("--backtests-per-minute <count>", "how many backtests may be asked for in a minute")
    .option("--trust-project <id...>", "projects whose code runs in a Python of yours, without a sandbox")
    .option("--python <path>", "the Python of trusted projects (3.11 or newer)")
    .option("--faults <file>", "JSON rules for faults on demand, for tests and rehearsals")
    // For desks, not for people.
    .addOption(new Option("--until-idle", "end when no desk needs it and nothing is live").hideHelp());
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output, services: { terminal } }, options) => {
      const request = parseOptions(cloudOptions, options);
      await session.runCloud({
        ...request,
        folder: request.folder,
        tokenFile: request.tokenFile,
        organizationId: request.organizationId,
        nodes: request.nodes,
        dataPolicy: request.dataPolicy,
        collaborators: request.collaboratorId,
        mostQueuedBacktests: request.queue,
        backtestsPerMinute: request.backtestsPerMinute,
        faultsFile: request.faults,
        trustedProjects: request.trustProject,
        python: request.python,
        untilIdle: request.untilIdle,
        onReady: (url) =>
          output.result(
            { url, port: Number(new URL(url).port), userId: request.userId },
            `The local cloud answers at ${url} (user id ${request.userId}${request.tokenFile === undefined ? "" : `, token in ${request.tokenFile}`}). Ctrl-C ends it.`,
          ),
        log: (line) => terminal.err(`${line}\n`),
      });
    }),
  );
}

function addDataCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const data = program.command("data").description("market data of the local cloud");
  withGlobalFlags(data.command("list").description("what is stored, from when to when, and where it is from")).action(
    action(services, done, async ({ session, output }) => {
      const rows = await session.listData();
      const cell = (row: Readonly<Record<string, unknown>>, name: string): string =>
        typeof row[name] === "string" || typeof row[name] === "number"
          ? String(row[name])
          : row[name] === true
            ? "yes"
            : "–";
      const columns = ["ticker", "resolution", "first", "last", "bars", "synthetic", "source"];
      output.result(
        rows,
        rows.length === 0
          ? "No market data is stored. `quantwright data import FILE.csv --ticker TICKER` adds some."
          : table(
              columns,
              rows.map((row) => columns.map((column) => cell(row, column))),
            ),
      );
    }),
  );
  const importCommand = data
    .command("import")
    .description("import daily prices from a CSV file (date, open, high, low, close, volume)")
    .argument("<file>")
    .requiredOption("--ticker <ticker>", "ticker to store them under")
    .option("--source <text>", "where the prices are from; shown in results")
    .option("--licence <text>", "their licence; shown in results")
    .option("--kind <kind>", "equity or index", "equity")
    .option("--from <date>", "first date to take (YYYY-MM-DD)")
    .option("--to <date>", "last date to take");
  withGlobalFlags(importCommand).action(
    action(services, done, async ({ session, output }, file, options) => {
      const request = parseOptions(
        z.object({
          ticker: z.string(),
          source: z.string().optional(),
          licence: z.string().optional(),
          kind: z.enum(["equity", "index"]),
          from: z.string().optional(),
          to: z.string().optional(),
        }),
        options,
      );
      const report = await session.importData({
        file: String(file),
        ticker: request.ticker,
        source: request.source,
        licence: request.licence,
        kind: request.kind,
        from: request.from,
        to: request.to,
      });
      output.result(report, importText(report));
    }),
  );
}
