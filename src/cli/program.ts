import { Command, CommanderError } from "commander";
import type { CliServices } from "./cli-services.ts";
import { addAccountCommands } from "./commands/account.ts";
import { addBacktestCommand } from "./commands/backtest.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addDeskCommands } from "./commands/desk.ts";
import { addRecordCommands } from "./commands/records.ts";
import { addSetupCommands } from "./commands/setup.ts";
import { addToolsCommands } from "./commands/tools.ts";
import { EXIT } from "./exit-code.ts";

/** Runs one command line and gives its exit code. */
export async function runProgram(args: readonly string[], services: CliServices): Promise<number> {
  let code: number = EXIT.DONE;
  const done = (value: number): void => {
    code = value;
  };
  const program = new Command("quantwright")
    .description("Research, backtest and (later) trade strategies on QuantConnect's API, with every call recorded.")
    .version(services.version)
    .showHelpAfterError("(quantwright --help lists the commands)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => services.terminal.out(text),
      writeErr: (text) => services.terminal.err(text),
    });
  addDemoCommand(program, services, done);
  addDeskCommands(program, services, done);
  addSetupCommands(program, services, done);
  addBacktestCommand(program, services, done);
  addToolsCommands(program, services, done);
  addRecordCommands(program, services, done);
  addAccountCommands(program, services, done);
  for (const command of program.commands) inheritSettings(command, program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.DONE : EXIT.USAGE;
  }
  return code;
}

/** Commander copies exitOverride and output only to commands made after they were set, on the command itself. */
function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheritSettings(inner, parent);
}
