import type { Trial } from "../domain/trial.ts";
import { trialSchema } from "../domain/trial.ts";
import { parseJson } from "../domain/parse-json.ts";

/** Takes the trials that `backtest FILE` wrote beside the desk into the ledger. A line that is no trial is reported, not lost: the file is kept. */
export async function absorbTrials(parts: {
  readonly trials: { add(trial: Trial): Promise<void> };
  readonly file: string;
  readonly read: (file: string) => string | undefined;
  readonly done: (file: string) => void;
  readonly log: (message: string) => void;
}): Promise<number> {
  const text = parts.read(parts.file);
  if (text === undefined) return 0;
  let absorbed = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      await parts.trials.add(trialSchema.parse(parseJson(line)));
      absorbed += 1;
    } catch (error) {
      parts.log(
        `trials.jsonl line ${index + 1} is not a trial: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`,
      );
    }
  }
  parts.done(parts.file);
  parts.log(`${absorbed} trials of single backtests taken into the ledger`);
  return absorbed;
}
