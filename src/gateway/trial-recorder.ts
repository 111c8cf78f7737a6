import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Clock } from "../domain/clock.ts";
import { RefusalError, type Refusal } from "../domain/refusal.ts";
import type { Principal } from "../domain/principal.ts";
import type { Profile } from "../domain/profile.ts";
import type { Trial, TrialResult, TrialState } from "../domain/trial.ts";
import { evidenceOf, returnsOfEquityChart } from "./trial-evidence.ts";

/** Where trials are kept. */
export interface TrialBook {
  started(id: string, backtestId: string): Promise<void>;
  close(
    id: string,
    end: { state: Exclude<TrialState, "open">; at: number; result: TrialResult | null; rawArtifact: string | null },
  ): Promise<void>;
  byBacktest(profile: string, backtestId: string): Promise<Trial | undefined>;
  open(): Promise<Trial[]>;
}

type Body = Readonly<Record<string, unknown>>;

export interface TrialRecorderOptions {
  readonly book: TrialBook;
  readonly artifacts: { put(content: string): Promise<string> };
  readonly clock: Clock;
  readonly newId: () => string;
  readonly profile: Profile;
  readonly strategyOf: (projectId: number) => Promise<string | undefined>;
  /** Reads through the gateway as the desk. */
  readonly read: (tool: string, args: Body, parentCallId: string | undefined) => Promise<Body>;
}

const createSchema = z.looseObject({
  projectId: z.int(),
  backtestName: z.string(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});
const filesSchema = z.looseObject({
  files: z.array(z.looseObject({ name: z.string(), content: z.string().nullish() })),
});
const startedSchema = z.looseObject({ backtest: z.looseObject({ backtestId: z.string() }) });
const listSchema = z.looseObject({
  backtests: z.array(z.looseObject({ backtestId: z.string(), name: z.string(), created: z.string().nullish() })),
});
/** A backtest that nobody can find so long after it was asked for never began. */
const ABANDONED_AFTER = 600_000_000;
/** How far the clock of a cloud may be behind ours. */
const CLOCK_SKEW = 120_000_000;

/**
 * Makes a trial of every backtest.
 *
 * Invariants
 * 1. The trial is committed with the intent of its call, before the call is sent.
 * 2. A trial ends once; an answer that never came is looked up, and only then abandoned.
 */
export class TrialRecorder {
  readonly #options: TrialRecorderOptions;

  constructor(options: TrialRecorderOptions) {
    this.#options = options;
  }

  /** The trial that a call will open, or undefined when it starts no backtest. */
  async prepare(call: {
    readonly tool: string;
    readonly arguments: Body;
    readonly callId: string;
    readonly principal: Principal;
  }): Promise<Trial | undefined> {
    const parsed = call.tool === "create_backtest" ? createSchema.safeParse(call.arguments) : undefined;
    if (parsed?.success !== true) return undefined;
    const { projectId, backtestName, parameters } = parsed.data;
    const { read, newId, profile, clock, strategyOf } = this.#options;
    const files = filesSchema.safeParse(await read("read_file", { projectId }, call.callId).catch(() => undefined));
    const texts = Object.fromEntries(Object.entries(parameters ?? {}).map(([key, value]) => [key, String(value)]));
    return {
      id: newId(),
      callId: call.callId,
      strategyId: (await strategyOf(projectId)) ?? null,
      profile,
      projectId,
      backtestId: null,
      name: backtestName,
      principal: call.principal,
      source: "desk",
      parameters: texts,
      artefactHash: artefactHash(files.success ? files.data.files : [], texts),
      state: "open",
      openedAt: clock.now(),
      closedAt: null,
      result: null,
      rawArtifact: null,
    };
  }

  /** What became of the call that opened a trial. Without an answer the trial stays open for the watcher. */
  async answered(trial: Trial, answer: { readonly body?: Body; readonly error?: string }): Promise<void> {
    const started = startedSchema.safeParse(answer.body);
    if (started.success) return this.#options.book.started(trial.id, started.data.backtest.backtestId);
    if (answer.error !== undefined) await this.#fail(trial, answer.error);
  }

  /** Closes the trial of a backtest whose end, or deletion, was seen in an answer. */
  async observed(tool: string, args: Body, whole: () => Promise<Body>): Promise<void> {
    const { book, profile } = this.#options;
    const backtestId = args["backtestId"];
    if ((tool !== "read_backtest" && tool !== "delete_backtest") || typeof backtestId !== "string") return;
    const trial = await book.byBacktest(profile, backtestId);
    if (trial?.state !== "open") return;
    if (tool === "delete_backtest") return this.#end(trial, "deleted");
    await this.#complete(trial, await whole());
  }

  /** Looks at every open trial once: completes what has ended, finds what was never confirmed, abandons what never began. */
  async watch(): Promise<void> {
    for (const trial of await this.#options.book.open()) {
      if (trial.profile !== this.#options.profile || trial.projectId === null) continue;
      if (trial.backtestId === null) await this.#find(trial, trial.projectId);
      else await this.#look(trial, { projectId: trial.projectId, backtestId: trial.backtestId });
    }
  }

  /** Reading is enough: the answer passes `observed`. A backtest that its project no longer lists was deleted elsewhere. */
  async #look(trial: Trial, at: { readonly projectId: number; readonly backtestId: string }): Promise<void> {
    const refusal = await this.#options.read("read_backtest", at, trial.callId).then(() => undefined, refusalOf);
    if (refusal?.code !== "UPSTREAM_REFUSED") return;
    const listed = await this.#list(trial, at.projectId);
    const there = listed === "unknown" || listed.some(({ backtestId }) => backtestId === at.backtestId);
    if (!there) await this.#end(trial, "deleted");
  }

  async #complete(trial: Trial, body: Body): Promise<void> {
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

  async #find(trial: Trial, projectId: number): Promise<void> {
    const { book, profile, clock } = this.#options;
    const listed = await this.#list(trial, projectId);
    if (listed === "unknown") return;
    for (const candidate of listed) {
      if (candidate.name !== trial.name || isOlder(candidate.created, trial)) continue;
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
      return /project not found/i.test(refusalOf(error)?.message ?? "") ? [] : "unknown";
    }
  }

  #end(trial: Trial, state: "deleted" | "abandoned"): Promise<void> {
    const { book, clock } = this.#options;
    return book.close(trial.id, { state, at: clock.now(), result: null, rawArtifact: null });
  }

  async #fail(trial: Trial, error: string): Promise<void> {
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
    await this.#options.book.close(trial.id, {
      state: "abandoned",
      at: this.#options.clock.now(),
      result,
      rawArtifact: null,
    });
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  return error instanceof RefusalError ? error.refusal : undefined;
}

/** Whether a backtest was surely made before the trial was opened: another one of the same name. */
function isOlder(created: string | null | undefined, trial: Trial): boolean {
  // The API gives UTC as "2024-01-31 12:00:00" or ISO 8601; a time that cannot be read says nothing.
  const text = (created ?? "").replace(" ", "T");
  const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) * 1000;
  return at < trial.openedAt - CLOCK_SKEW;
}

/** Hash of what a backtest runs: files with line ends and trailing blanks normalised, and parameters. */
export function artefactHash(
  files: readonly { readonly name: string; readonly content?: string | null | undefined }[],
  parameters: Readonly<Record<string, string>>,
): string {
  const normalised = Object.fromEntries(
    files.map(({ name, content }) => [
      name,
      (content ?? "")
        .replaceAll("\r\n", "\n")
        .replace(/[ \t]+$/gm, "")
        .trimEnd(),
    ]),
  );
  return createHash("sha256")
    .update(canonicalJson({ files: normalised, parameters }))
    .digest("hex");
}
