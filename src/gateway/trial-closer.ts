import type { Clock } from "../domain/clock.ts";
import { RefusalError, type Refusal } from "../domain/refusal.ts";
import type { Trial, TrialResult } from "../domain/trial.ts";
import type { TrialBook, TrialEnd } from "./trial-book.ts";
import { evidenceOf, returnsOfEquityChart } from "./trial-evidence.ts";

type Body = Readonly<Record<string, unknown>>;

/** Reads through the gateway as the desk; refusals are thrown. */
export type DeskRead = (tool: string, args: Body, parentCallId: string | undefined) => Promise<Body>;

/** What nobody can find so long after it was asked for never began; microseconds. */
export const ABANDONED_AFTER = 600_000_000;
/** How far the clock of a cloud may be behind ours. */
const CLOCK_SKEW = 120_000_000;

/** Ends trials: with what their backtest proved, or with why there is nothing. */
export class TrialCloser {
  readonly #options: TrialCloserOptions;

  constructor(options: TrialCloserOptions) {
    this.#options = options;
  }

  /** Ends a trial with the answer of `read_backtest`; does nothing while the backtest runs. */
  async complete(trial: Trial, body: Body): Promise<void> {
    const evidence = evidenceOf(body);
    if (evidence === undefined) return;
    const result =
      evidence.dailyReturns.length > 0 || evidence.error !== null
        ? evidence
        : { ...evidence, dailyReturns: await this.#returnsFromChart(trial) };
    const rawArtifact = await this.#options.artifacts.put(JSON.stringify(body));
    await this.#options.book.close(trial.id, {
      state: result.error === null ? "completed" : "failed",
      at: this.#options.clock.now(),
      result,
      rawArtifact,
    });
  }

  /** The end of what has no result. */
  without(state: "deleted" | "abandoned"): TrialEnd {
    return { state, at: this.#options.clock.now(), result: null, rawArtifact: null };
  }

  /** The end of what the cloud refused, or what was not sent. */
  notStarted(error: string): TrialEnd {
    const result: TrialResult = {
      version: 1,
      status: "Not started",
      statistics: {},
      dailyReturns: [],
      fills: [],
      orderListHash: null,
      dataFingerprint: null,
      requested: null,
      actual: null,
      engine: null,
      fidelity: {},
      synthetic: false,
      warnings: [],
      error,
    };
    return { ...this.without("abandoned"), result };
  }

  async #returnsFromChart(trial: Trial): Promise<TrialResult["dailyReturns"]> {
    const args = {
      projectId: trial.projectId,
      backtestId: trial.backtestId,
      name: "Strategy Equity",
      count: 5000,
      start: 0,
      end: Math.floor(this.#options.clock.now() / 1_000_000),
    };
    return this.#options.read("read_backtest_chart", args, trial.callId).then(returnsOfEquityChart, () => []);
  }
}

export interface TrialCloserOptions {
  readonly book: Pick<TrialBook, "close">;
  readonly artifacts: { put(content: string): Promise<string> };
  readonly clock: Clock;
  readonly read: DeskRead;
}

export function refusalOf(error: unknown): Refusal | undefined {
  return error instanceof RefusalError ? error.refusal : undefined;
}

/** Whether the cloud says that there is no such project: then nothing of it is there. */
export function saysNoProject(error: unknown): boolean {
  return /project not found/i.test(refusalOf(error)?.message ?? "");
}

/** Whether something was surely made before a trial was opened: another one of the same name. */
export function isOlder(created: string | null | undefined, openedAt: number): boolean {
  // The API gives UTC as "2024-01-31 12:00:00" or ISO 8601; a time that cannot be read says nothing.
  const text = (created ?? "").replace(" ", "T");
  const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) * 1000;
  return at < openedAt - CLOCK_SKEW;
}
