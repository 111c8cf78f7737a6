import { createSession } from "./app/cli-session.ts";
import { processTerminal } from "./app/terminal.ts";
import type { CliServices } from "./cli/cli-services.ts";
import { runProgram } from "./cli/program.ts";
import { readConfig, type ConfigInput } from "./config.ts";

/** Runs one command line with the process's terminal and signals; gives the exit code. */
export async function runApp(args: readonly string[], input: Omit<ConfigInput, "flags">): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second one does not wait for anything; the guardian ends what is left.
      if (interruption.signal.aborted) process.exit(130);
      interruption.abort();
    });
  }
  // Settings are read per command; what the terminal needs must not depend on them being sound.
  const plain = readConfig({ ...input, flags: { dataDir: "/nonexistent-quantwright" } });
  const services: CliServices = {
    terminal: processTerminal(plain.colour),
    version: plain.version,
    interrupted: interruption.signal,
    session: (flags) =>
      createSession(readConfig({ ...input, flags }), { flags, cwd: input.cwd, interrupted: interruption.signal }),
  };
  return runProgram(args, services);
}
