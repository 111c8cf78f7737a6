import { Command, CommanderError } from "commander";
import type { Refusal } from "../domain/refusal.ts";
import type { CliServices } from "./cli-services.ts";
import { addAccountCommands } from "./commands/account.ts";
import { addApprovalCommands } from "./commands/approvals.ts";
import { addAuditCommands } from "./commands/audit.ts";
import { addBacktestCommand } from "./commands/backtest.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addDeskCommands } from "./commands/desk.ts";
import { addKeyCommands } from "./commands/keys.ts";
import { addOperatorCommands } from "./commands/operators.ts";
import { addPolicyCommands } from "./commands/policy.ts";
import { addRearmCommand } from "./commands/rearm.ts";
import { addTrialsCommand } from "./commands/trials.ts";
import { addHaltCommand } from "./commands/halt.ts";
import { addRelayCommand } from "./commands/relay.ts";
import { addSetupCommands } from "./commands/setup.ts";
import { addToolsCommands } from "./commands/tools.ts";
import { addUpstreamCommands } from "./commands/upstream.ts";
import { withGlobalFlags } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { Output } from "./output.ts";

/** Runs one command line and gives its exit code. */
export async function runProgram(args: readonly string[], services: CliServices): Promise<number> {
  let code: number = EXIT.DONE;
  const done = (value: number): void => {
    code = value;
  };
  const json = args.includes("--json");
  const program = withGlobalFlags(new Command("quantwright"))
    .description(
      "Research, backtest and trade strategies on QuantConnect's API, behind limits and approvals, with every call recorded.",
    )
    .version(services.version)
    .showHelpAfterError("(quantwright --help lists the commands)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => services.terminal.out(text),
      // One message: who asked for JSON gets it as JSON.
      writeErr: (text) => json || services.terminal.err(text),
    });
  addDemoCommand(program, services, done);
  addDeskCommands(program, services, done);
  addSetupCommands(program, services, done);
  addHaltCommand(program, services, done);
  addRelayCommand(program, services, done);
  addBacktestCommand(program, services, done);
  addToolsCommands(program, services, done);
  addAuditCommands(program, services, done);
  addTrialsCommand(program, services, done);
  addUpstreamCommands(program, services, done);
  addAccountCommands(program, services, done);
  addKeyCommands(program, services, done);
  addOperatorCommands(program, services, done);
  addApprovalCommands(program, services, done);
  addPolicyCommands(program, services, done);
  addRearmCommand(program, services, done);
  for (const command of program.commands) inheritSettings(command, program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (json && error.exitCode !== 0) new Output(services.terminal, { json }).refusal(usage(error));
    return error.exitCode === 0 ? EXIT.DONE : EXIT.USAGE;
  }
  return code;
}

function usage(error: CommanderError): Refusal {
  const message = error.message.replace(/^error: /, "");
  return {
    code: "USAGE",
    message: message === "(outputHelp)" ? "a command was expected, none came" : message,
    remedy: "quantwright --help lists the commands",
  };
}

/** Commander copies exitOverride and output only to commands made after they were set, on the command itself. */
function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  const group = command.parent === null || command.parent.parent === null ? "" : `${command.parent.name()} `;
  const tells = command.commands.length > 0 ? "lists the commands" : "says what it takes";
  command.showHelpAfterError(`(quantwright ${group}${command.name()} --help ${tells})`);
  for (const inner of command.commands) inheritSettings(inner, parent);
}
