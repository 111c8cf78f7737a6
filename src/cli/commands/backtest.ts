import type { Command } from "commander";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { equityChart } from "../terminal-chart.ts";

const optionsSchema = z.object({
  data: z.string().optional(),
  set: z.array(z.string()).default([]),
  record: z.boolean().default(true),
  trust: z.boolean().default(false),
  python: z.string().optional(),
});

function parametersOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at <= 0)
        throw new RefusalError({
          code: "USAGE",
          message: `--set expects name=value, "${pair}" came`,
          remedy: "for example --set fast=20",
        });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function pythonWithoutTrust(): RefusalError {
  return new RefusalError({
    code: "USAGE",
    message: "--python names the interpreter of trusted code, and the file was not marked as trusted",
    remedy: "add --trust if you trust the file: it then runs without a sandbox; or leave --python out",
  });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** `backtest FILE`: one algorithm straight on the engine, without a desk. */
export function addBacktestCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  const command = program
    .command("backtest")
    .description("run one algorithm file straight on the engine")
    .argument("<file>", "the Python file with the algorithm")
    .option("--data <folder>", "market data in LEAN's layout")
    .option("--set <name=value>", "a parameter of the algorithm; may be repeated", collect, [])
    .option("--trust", "run the file in a Python of yours, without a sandbox: with numpy, pandas and all it has")
    .option("--python <path>", "that Python (3.11 or newer; with --trust)")
    .option("--no-record", "do not count it as a trial; the result is marked unrecorded");
  withGlobalFlags(command).action(
    action(services, done, async ({ session, output }, file, options) => {
      const { data, set, record, trust, python } = parseOptions(optionsSchema, options);
      if (python !== undefined && !trust) throw pythonWithoutTrust();
      const { result, elapsedSeconds, trialId } = await session.backtestFile({
        file: String(file),
        dataFolder: data,
        parameters: parametersOf(set),
        record,
        trust,
        python,
        signal: services.interrupted,
        onProgress: (fraction, note) => output.bar(fraction, note),
      });
      const {
        name,
        status,
        dataPoints,
        algorithmHistoryDataPoints,
        statistics,
        orderListHash,
        warnings,
        synthetic,
        engine: { executor },
        error,
      } = result;
      const failed = status !== "Completed";
      const value = {
        name,
        status,
        dataPoints,
        algorithmHistoryDataPoints,
        statistics,
        orderListHash,
        elapsedSeconds,
        trialId,
        recorded: trialId !== null,
        warnings,
        synthetic,
        ...(executor === undefined ? {} : { executor }),
        ...(error === undefined ? {} : { error }),
      };
      const lines = [
        `${output.paint("bold", name)}  ${failed ? output.paint("red", status) : output.paint("green", status)}  ${dataPoints.toLocaleString("en-US")} data points in ${elapsedSeconds.toFixed(1)} s${synthetic ? output.paint("yellow", "  SYNTHETIC DATA") : ""}${trialId === null ? output.paint("yellow", "  unrecorded") : ""}`,
        ...warnings.map((warning) => output.paint("yellow", `! ${warning.message}`)),
        ...(error === undefined
          ? []
          : [
              output.paint("red", `${error.code}: ${error.message}`),
              ...(error.stackTrace === "" ? [] : [error.stackTrace]),
              ...(error.remedy === undefined ? [] : [`what to do: ${error.remedy}`]),
            ]),
        ...(failed
          ? []
          : [
              equityChart(result.dailyReturns, Number(result.startCash.amount), {
                width: Math.min(100, output.columns - 14),
                height: 10,
              }),
              "",
            ]),
        // Zeros of what never began would hide what went wrong.
        ...(failed && statistics["Total Orders"] === "0" ? [] : Object.entries(statistics)).map(
          ([key, text]) => `  ${key.padEnd(32)}${text}`,
        ),
      ];
      output.result(value, lines.join("\n"));
      return failed ? EXIT.FAILED : EXIT.DONE;
    }),
  );
}
