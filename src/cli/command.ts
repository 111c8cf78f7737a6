import type { Command } from "commander";
import { z } from "zod";
import { PROFILES } from "../domain/profile.ts";
import { RefusalError } from "../domain/refusal.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { CliServices, CliSession } from "./cli-services.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { Output } from "./output.ts";

/** What an action of a command gets. It returns an exit code, or nothing for 0. */
export interface CommandContext {
  readonly session: CliSession;
  readonly output: Output;
  readonly services: CliServices;
}

const globalsSchema = z.looseObject({ dataDir: z.string().optional(), profile: z.enum(PROFILES).optional() });
const speechSchema = z.looseObject({ json: z.boolean().optional(), quiet: z.boolean().optional() });

/** Adds the flags that every command takes. */
export function withGlobalFlags(command: Command): Command {
  return command
    .option("--data-dir <folder>", "data directory (default: the platform's application folder, or QUANTWRIGHT_HOME)")
    .option("--profile <profile>", `where work runs: ${PROFILES.join(" or ")}`)
    .option("--json", "print results as JSON lines")
    .option("--quiet", "print results only");
}

/**
 * Wraps the action of a command: flags are parsed, a refusal becomes a message and an exit code, and the exit code goes
 * to `done`.
 */
export function action(
  services: CliServices,
  done: (code: number) => void,
  work: (context: CommandContext, ...args: unknown[]) => Promise<number | void>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command;
    const raw: unknown = command.optsWithGlobals();
    // How to speak is known even where another flag is wrong.
    const output = new Output(services.terminal, speechSchema.parse(raw));
    try {
      const { dataDir, profile } = parseOptions(globalsSchema, raw);
      const session = services.session({ dataDir, profile });
      done((await work({ session, output, services }, ...args.slice(0, -1))) ?? EXIT.DONE);
    } catch (error) {
      done(report(services.interrupted.aborted ? interruptionOf(error) : error, output));
    }
  };
}

/** Checks the options of a command. @throws RefusalError `USAGE` that names the option and what was expected. */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => faultOf(issue, options));
  throw new RefusalError({
    code: "USAGE",
    message: faults.join("; "),
    remedy: "add --help to the command to see what it takes",
  });
}

/** The option, what was expected of it and what came, as it was typed: a number that is none is not yet `NaN` there. */
function faultOf({ path, message }: z.core.$ZodIssue, options: unknown): string {
  const expected = message.replace(/^Invalid (?:input|option|string): /, "").replace(/, received \w+$/, "");
  const came = path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    options,
  );
  return `--${kebab(path.join("."))}: ${expected}${typeof came === "string" ? `, "${shown(came)}" came` : ""}`;
}

/** What follows a `=` may be a secret that was typed where none is taken. */
function shown(typed: string): string {
  return visibleText(typed.replace(/=.*$/s, "=…"), 80);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What fails after Ctrl-C failed because of it, unless it says something of its own. */
function interruptionOf(error: unknown): RefusalError {
  if (error instanceof RefusalError) return error;
  return new RefusalError(
    { code: "CANCELLED", message: "the command was interrupted before it was done", remedy: "run it again" },
    { cause: error },
  );
}

function report(error: unknown, output: Output): number {
  if (error instanceof RefusalError) {
    output.refusal(error.refusal);
    return exitCodeOf(error.refusal.code);
  }
  if (error instanceof z.ZodError) {
    output.refusal({
      code: "ANSWER_UNEXPECTED",
      message: `an answer did not have the form that was expected: ${z.prettifyError(error)}`,
      remedy: "stop the desk with `quantwright down` if it is of another version, then try again",
    });
    return EXIT.FAILED;
  }
  output.refusal({
    code: "INTERNAL_FAULT",
    message: error instanceof Error ? error.message : String(error),
    remedy: "run it again; if it stays, report it with the desk's log",
  });
  return EXIT.FAILED;
}
