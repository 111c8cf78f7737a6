import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import { LEAST_POLL_MILLISECONDS } from "../domain/poll-interval.ts";
import type { Principal } from "../domain/principal.ts";
import type { Profile } from "../domain/profile.ts";
import type { TrackedOptimization } from "../domain/tracked-optimization.ts";
import type { Trial } from "../domain/trial.ts";
import { artefactHash, filesOf } from "./artefact-hash.ts";
import { PointRecorder, type PointRecorderOptions } from "./point-recorder.ts";
import type { OptimizationBook, TrialBook } from "./trial-book.ts";
import { ABANDONED_AFTER, isOlder, refusalOf, saysNoProject, TrialCloser, type DeskRead } from "./trial-closer.ts";

type Body = Readonly<Record<string, unknown>>;

export interface TrialRecorderOptions {
  readonly book: TrialBook;
  readonly optimizations: OptimizationBook;
  readonly artifacts: { put(content: string): Promise<string>; get(hash: string): Promise<string | undefined> };
  readonly clock: Clock;
  readonly newId: () => string;
  readonly profile: Profile;
  readonly strategyOf: (projectId: number) => Promise<string | undefined>;
  /** Reads through the gateway as the desk. */
  readonly read: DeskRead;
  /** Whether a call still waits for a node: nothing of it is there yet. */
  readonly isWaiting?: ((callId: string) => boolean) | undefined;
  /** Told what the points of an optimisation took, before it is settled. */
  readonly measured?: PointRecorderOptions["measured"];
}

/** What a call opens, to be committed with its intent: one trial, or an optimisation with one for each point. */
export interface Opening {
  readonly trials: readonly Trial[];
  readonly optimization?: TrackedOptimization;
}

const createSchema = z.looseObject({
  projectId: z.int(),
  backtestName: z.string(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});
const startedSchema = z.looseObject({ backtest: z.looseObject({ backtestId: z.string() }) });
const listSchema = z.looseObject({
  backtests: z.array(z.looseObject({ backtestId: z.string(), name: z.string(), created: z.string().nullish() })),
});

/** Twice the time between the looks of a run on an account, in microseconds; the local cloud may be asked at any time. */
const JUST_NOW: Readonly<Record<Profile, number>> = {
  local: 0,
  quantconnect: 2 * LEAST_POLL_MILLISECONDS.quantconnect * 1000,
};

/**
 * Makes a trial of every backtest; those of an optimisation are left to the `PointRecorder`.
 *
 * Invariants
 * 1. The trial is committed with the intent of its call, before the call is sent.
 * 2. A trial ends once; an answer that never came is looked up, and only then abandoned.
 */
export class TrialRecorder {
  readonly #options: TrialRecorderOptions;
  readonly #closer: TrialCloser;
  readonly #points: PointRecorder;
  /** When open backtests were last seen in an answer. */
  readonly #seen = new Map<string, number>();

  constructor(options: TrialRecorderOptions) {
    this.#options = options;
    this.#closer = new TrialCloser(options);
    this.#points = new PointRecorder({ ...options, closer: this.#closer });
  }

  /**
   * What a call will open, or undefined when it starts no backtest.
   * @throws RefusalError for an optimisation whose points cannot be recorded.
   */
  async prepare(call: {
    readonly tool: string;
    readonly arguments: Body;
    readonly callId: string;
    readonly principal: Principal;
  }): Promise<Opening | undefined> {
    if (call.tool === "create_optimization") return this.#points.prepare(call);
    if (call.tool === "delete_optimization") await this.#points.beforeDeletion(call.arguments, call.callId);
    const parsed = call.tool === "create_backtest" ? createSchema.safeParse(call.arguments) : undefined;
    if (parsed?.success !== true) return undefined;
    const { projectId, backtestName, parameters } = parsed.data;
    const { read, newId, profile, clock, strategyOf } = this.#options;
    const files = filesOf(await read("read_file", { projectId }, call.callId).catch(() => undefined));
    const texts = Object.fromEntries(Object.entries(parameters ?? {}).map(([key, value]) => [key, String(value)]));
    const trial: Trial = {
      id: newId(),
      callId: call.callId,
      strategyId: (await strategyOf(projectId)) ?? null,
      profile,
      projectId,
      optimizationId: null,
      backtestId: null,
      name: backtestName,
      principal: call.principal,
      source: "desk",
      parameters: texts,
      artefactHash: artefactHash(files, texts),
      state: "open",
      openedAt: clock.now(),
      closedAt: null,
      result: null,
      rawArtifact: null,
    };
    return { trials: [trial] };
  }

  /** What became of the call that opened trials. Without an answer they stay open for the watcher. */
  async answered(opening: Opening, answer: { readonly body?: Body; readonly error?: string }): Promise<void> {
    const { trials, optimization } = opening;
    if (optimization !== undefined) return this.#points.answered({ trials, optimization }, answer);
    const started = startedSchema.safeParse(answer.body);
    for (const { id } of trials) {
      if (started.success) {
        const { backtestId } = started.data.backtest;
        this.#seen.set(backtestId, this.#options.clock.now());
        await this.#options.book.started(id, backtestId);
      } else if (answer.error !== undefined) {
        await this.#options.book.close(id, this.#closer.notStarted(answer.error));
      }
    }
  }

  /** Closes the trial of a backtest whose end, or deletion, was seen in an answer. */
  async observed(tool: string, args: Body, whole: () => Promise<Body>): Promise<void> {
    const { book, profile } = this.#options;
    await this.#points.observed(tool, args, whole);
    const backtestId = args["backtestId"];
    if ((tool !== "read_backtest" && tool !== "delete_backtest") || typeof backtestId !== "string") return;
    const trial = await book.byBacktest(profile, backtestId);
    if (trial?.state !== "open") return;
    this.#seen.set(backtestId, this.#options.clock.now());
    if (tool === "delete_backtest") return this.#end(trial, "deleted");
    await this.#closer.complete(trial, await whole());
  }

  /** Looks at every open trial once: completes what has ended, finds what was never confirmed, abandons what never began. */
  async watch(): Promise<void> {
    for (const trial of await this.#options.book.open()) {
      if (trial.profile !== this.#options.profile || trial.projectId === null) continue;
      if (this.#options.isWaiting?.(trial.callId) === true) continue;
      if (trial.backtestId === null) await this.#find(trial, trial.projectId);
      else if (!this.#wasJustSeen(trial.backtestId))
        await this.#look(trial, { projectId: trial.projectId, backtestId: trial.backtestId });
    }
    await this.#points.watch();
  }

  /** A run that follows a backtest on an account is enough: two who look would together look too often. */
  #wasJustSeen(backtestId: string): boolean {
    const { clock, profile } = this.#options;
    for (const [id, at] of this.#seen) if (clock.now() - at >= JUST_NOW[profile]) this.#seen.delete(id);
    return this.#seen.has(backtestId);
  }

  /** Reading is enough: the answer passes `observed`. A backtest that its project no longer lists was deleted elsewhere. */
  async #look(trial: Trial, at: { readonly projectId: number; readonly backtestId: string }): Promise<void> {
    const refusal = await this.#options.read("read_backtest", at, trial.callId).then(() => undefined, refusalOf);
    if (refusal?.code !== "UPSTREAM_REFUSED") return;
    const listed = await this.#list(trial, at.projectId);
    const there = listed === "unknown" || listed.some(({ backtestId }) => backtestId === at.backtestId);
    if (!there) await this.#end(trial, "deleted");
  }

  async #find(trial: Trial, projectId: number): Promise<void> {
    const { book, profile, clock } = this.#options;
    const listed = await this.#list(trial, projectId);
    if (listed === "unknown") return;
    for (const candidate of listed) {
      if (candidate.name !== trial.name || isOlder(candidate.created, trial.openedAt)) continue;
      if ((await book.byBacktest(profile, candidate.backtestId)) !== undefined) continue;
      return book.started(trial.id, candidate.backtestId);
    }
    if (clock.now() - trial.openedAt > ABANDONED_AFTER) await this.#end(trial, "abandoned");
  }

  /** The backtests of a project: none where the cloud says that it has no such project, and not for any other refusal. */
  async #list(trial: Trial, projectId: number): Promise<z.infer<typeof listSchema>["backtests"] | "unknown"> {
    try {
      const listed = listSchema.safeParse(await this.#options.read("list_backtests", { projectId }, trial.callId));
      return listed.success ? listed.data.backtests : "unknown";
    } catch (error) {
      return saysNoProject(error) ? [] : "unknown";
    }
  }

  #end(trial: Trial, state: "deleted" | "abandoned"): Promise<void> {
    return this.#options.book.close(trial.id, this.#closer.without(state));
  }
}
