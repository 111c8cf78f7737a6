import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import { parseJson } from "../domain/parse-json.ts";
import type { Principal } from "../domain/principal.ts";
import type { Profile } from "../domain/profile.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { TrackedOptimization } from "../domain/tracked-optimization.ts";
import type { Trial } from "../domain/trial.ts";
import { artefactHash, filesOf, filesText } from "./artefact-hash.ts";
import type { MeasuredPoints } from "./compute/actual-compute.ts";
import {
  createdOptimization,
  listedOptimizations,
  seenOptimization,
  type ListedOptimizations,
  type SeenOptimization,
} from "./optimization-answer.ts";
import { pointKey, pointsOf, rangeSchema, type Point } from "./search-points.ts";
import type { OptimizationBook, PointTrial, TrialBook } from "./trial-book.ts";
import { ABANDONED_AFTER, isOlder, refusalOf, saysNoProject, type DeskRead, type TrialCloser } from "./trial-closer.ts";

type Body = Readonly<Record<string, unknown>>;

export interface PointRecorderOptions {
  readonly book: TrialBook;
  readonly optimizations: OptimizationBook;
  readonly closer: TrialCloser;
  readonly artifacts: { put(content: string): Promise<string>; get(hash: string): Promise<string | undefined> };
  readonly clock: Clock;
  readonly newId: () => string;
  readonly profile: Profile;
  readonly strategyOf: (projectId: number) => Promise<string | undefined>;
  readonly read: DeskRead;
  readonly isWaiting?: ((callId: string) => boolean) | undefined;
  /** Told what the points of an optimisation took, before it is settled. */
  readonly measured?: ((callId: string, took: MeasuredPoints) => Promise<void>) | undefined;
}

/** What a call opens: an optimisation, and a trial for each point that is known beforehand. */
export interface OpenedPoints {
  readonly optimization: TrackedOptimization;
  readonly trials: readonly Trial[];
}

const createSchema = z.looseObject({ projectId: z.int(), name: z.string(), parameters: z.array(rangeSchema) });
/** Backtests read in one round of the watcher, so that a round ends soon. */
const READS_A_ROUND = 100;

/**
 * Makes a trial of every point of an optimisation.
 *
 * Invariants
 * 1. Points that are known beforehand are committed with the intent of the call; a call whose points are not known, or
 *    too many, is refused.
 * 2. A backtest that an answer shows under an optimisation of ours has a trial, planned or not, before anything of the
 *    optimisation is closed.
 * 3. An optimisation is watched until the cloud said twice that it is over and none of its trials is open.
 */
export class PointRecorder {
  readonly #options: PointRecorderOptions;
  /** When the watcher first saw that an optimisation was over, by call. After a restart it sees that anew. */
  readonly #over = new Map<string, number>();

  constructor(options: PointRecorderOptions) {
    this.#options = options;
  }

  /** @throws RefusalError for what cannot be recorded point by point. */
  async prepare(call: {
    readonly arguments: Body;
    readonly callId: string;
    readonly principal: Principal;
  }): Promise<OpenedPoints> {
    const { projectId, name, parameters } = parseCreate(call.arguments);
    const points = pointsOf(parameters);
    if (!points.ok) throw new RefusalError(points.refusal);
    const { read, artifacts, strategyOf, clock, profile, newId } = this.#options;
    const files = filesOf(await read("read_file", { projectId }, call.callId).catch(() => undefined));
    const optimization: TrackedOptimization = {
      callId: call.callId,
      profile,
      projectId,
      optimizationId: null,
      name,
      principal: call.principal,
      strategyId: (await strategyOf(projectId)) ?? null,
      files: await artifacts.put(filesText(files)),
      openedAt: clock.now(),
      endedAt: null,
    };
    const trials = points.value.map((point) => ({
      ...openTrial(optimization, point),
      id: newId(),
      artefactHash: artefactHash(files, point),
    }));
    return { optimization, trials };
  }

  /** What became of the call. Without an answer the watcher looks for the optimisation. */
  async answered(
    { optimization: { callId } }: OpenedPoints,
    answer: { readonly body?: Body; readonly error?: string },
  ): Promise<void> {
    const { book, optimizations, closer, clock } = this.#options;
    const optimizationId = createdOptimization(answer.body);
    if (optimizationId !== undefined) return optimizations.began(callId, optimizationId);
    if (answer.error === undefined) return;
    await book.closePoints(callId, closer.notStarted(answer.error), "all");
    await optimizations.ended(callId, clock.now());
  }

  /** Reads an optimisation that is about to be deleted, because later nobody can see what it has tried. */
  async beforeDeletion(args: Body, callId: string): Promise<void> {
    const tracked = await this.#trackedBy(args);
    if (tracked === undefined) return;
    // A failure means that there is nothing to see; the read passes `observed`.
    await this.#options
      .read("read_optimization", { optimizationId: tracked.optimizationId }, callId)
      .catch(() => undefined);
  }

  /** Learns from an answer that passes by which backtests an optimisation has, or that it was deleted. */
  async observed(tool: string, args: Body, whole: () => Promise<Body>): Promise<void> {
    if (tool !== "read_optimization" && tool !== "delete_optimization") return;
    const tracked = await this.#trackedBy(args);
    if (tracked === undefined) return;
    if (tool === "delete_optimization") return this.#gone(tracked);
    const seen = seenOptimization(await whole());
    if (seen !== undefined) await this.#match(tracked, seen);
  }

  /** Looks at every optimisation that is not settled once. A fault with one does not keep the others waiting. */
  async watch(): Promise<void> {
    const faults: unknown[] = [];
    for (const tracked of await this.#options.optimizations.watched()) {
      if (tracked.profile !== this.#options.profile || this.#options.isWaiting?.(tracked.callId) === true) continue;
      const { optimizationId } = tracked;
      const looked = optimizationId === null ? this.#find(tracked) : this.#look(tracked, optimizationId);
      await looked.catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) throw faults[0];
  }

  async #look(tracked: TrackedOptimization, optimizationId: string): Promise<void> {
    const { callId } = tracked;
    const { book, closer, read } = this.#options;
    const before = await book.pointsOf(callId);
    let body: Body;
    try {
      body = await read("read_optimization", { optimizationId }, callId);
    } catch (error) {
      if (refusalOf(error)?.code === "UPSTREAM_REFUSED") await this.#confirmGone(tracked, optimizationId);
      return;
    }
    const seen = seenOptimization(body);
    if (seen === undefined) return;
    await this.#match(tracked, seen);
    const there = new Set(seen.points.map(({ backtestId }) => backtestId));
    for (const { id, state, backtestId } of before) {
      if (state !== "open" || backtestId === null || there.has(backtestId)) continue;
      // An abort takes away what still waited.
      await book.close(id, closer.without(seen.aborted ? "abandoned" : "deleted"));
    }
    await this.#readEnded(tracked, seen);
    await this.#settle(tracked, seen);
  }

  /** Reading is enough: the answers pass the recorder, which completes their trials. */
  async #readEnded({ callId, projectId }: TrackedOptimization, seen: SeenOptimization): Promise<void> {
    const { book, read } = this.#options;
    const ended = new Set(seen.points.filter((point) => point.ended || seen.over).map(({ backtestId }) => backtestId));
    const open = (await book.pointsOf(callId)).filter(isOpen);
    const due = open.flatMap(({ backtestId }) => (backtestId !== null && ended.has(backtestId) ? [backtestId] : []));
    for (const backtestId of due.slice(0, READS_A_ROUND)) {
      await read("read_backtest", { projectId, backtestId }, callId).catch((error: unknown) => {
        // What cannot be read now is read in the next round, or no longer listed then.
        if (refusalOf(error) === undefined) throw error;
      });
    }
  }

  /** Ends what never ran, once the cloud said for the second time that no more points will come. */
  async #settle({ callId }: TrackedOptimization, seen: SeenOptimization): Promise<void> {
    const { book, optimizations, closer, clock, measured } = this.#options;
    if (!seen.over) return void this.#over.delete(callId);
    const since = this.#over.get(callId);
    if (since === undefined) return void this.#over.set(callId, clock.now());
    const stuck = clock.now() - since > ABANDONED_AFTER;
    await book.closePoints(callId, closer.without("abandoned"), stuck ? "all" : "unmatched");
    if ((await book.pointsOf(callId)).some(isOpen)) return;
    if (seen.took !== undefined) await measured?.(callId, seen.took);
    await optimizations.ended(callId, clock.now());
    this.#over.delete(callId);
  }

  /** Gives each backtest of an answer its trial: the planned one with its parameters, or a new one. */
  async #match(tracked: TrackedOptimization, seen: SeenOptimization): Promise<void> {
    const { book, profile } = this.#options;
    const trials = await book.pointsOf(tracked.callId);
    const known = new Set(trials.map(({ backtestId }) => backtestId));
    const waiting = trials.filter((trial) => isOpen(trial) && trial.backtestId === null);
    const names = Object.keys(waiting[0]?.parameters ?? {});
    const planned = new Map(waiting.map((trial) => [pointKey(trial.parameters, names), trial.id]));
    const matches: { id: string; backtestId: string }[] = [];
    const unplanned: SeenOptimization["points"][number][] = [];
    for (const point of seen.points.filter(({ backtestId }) => !known.has(backtestId))) {
      const key = pointKey(point.parameters, names);
      const id = planned.get(key);
      planned.delete(key);
      if (id === undefined) unplanned.push(point);
      else matches.push({ id, backtestId: point.backtestId });
    }
    if (matches.length > 0) await book.matched(matches);
    for (const { backtestId, parameters } of unplanned) {
      if ((await book.byBacktest(profile, backtestId)) === undefined) {
        await this.#addUnplanned(tracked, { backtestId, parameters });
      }
    }
  }

  /** A point that nobody could know beforehand. Its id follows from the backtest's, so that two who see it add one. */
  async #addUnplanned(
    tracked: TrackedOptimization,
    { backtestId, parameters }: { readonly backtestId: string; readonly parameters: Point },
  ): Promise<void> {
    const { book, artifacts, profile } = this.#options;
    const text = await artifacts.get(tracked.files);
    const files = text === undefined ? [] : filesOf(parseJson(text));
    await book.add({
      ...openTrial(tracked, parameters),
      id: createHash("sha256").update(`${profile}\n${backtestId}`).digest("hex").slice(0, 32),
      backtestId,
      openedAt: this.#options.clock.now(),
      artefactHash: artefactHash(files, parameters),
    });
  }

  /** Looks for an optimisation whose answer was lost by its name, as far as it is not older than the call. */
  async #find(tracked: TrackedOptimization): Promise<void> {
    const { book, optimizations, closer, profile, clock } = this.#options;
    const listed = await this.#list(tracked);
    if (listed === undefined) return;
    for (const { optimizationId, name, created } of listed) {
      if (name !== tracked.name || isOlder(created, tracked.openedAt)) continue;
      if ((await optimizations.byOptimization(profile, optimizationId)) !== undefined) continue;
      return optimizations.began(tracked.callId, optimizationId);
    }
    if (clock.now() - tracked.openedAt <= ABANDONED_AFTER) return;
    await book.closePoints(tracked.callId, closer.without("abandoned"), "all");
    await optimizations.ended(tracked.callId, clock.now());
  }

  async #confirmGone(tracked: TrackedOptimization, optimizationId: string): Promise<void> {
    const listed = await this.#list(tracked);
    if (listed === undefined || listed.some((one) => one.optimizationId === optimizationId)) return;
    await this.#gone(tracked);
  }

  async #gone({ callId }: TrackedOptimization): Promise<void> {
    const { book, optimizations, closer, clock } = this.#options;
    await book.closePoints(callId, closer.without("deleted"), "all");
    await optimizations.ended(callId, clock.now());
    this.#over.delete(callId);
  }

  /** The optimisations of a project: none where there is no such project, undefined for any other refusal. */
  async #list({ projectId, callId }: TrackedOptimization): Promise<ListedOptimizations | undefined> {
    try {
      return listedOptimizations(await this.#options.read("list_optimizations", { projectId }, callId));
    } catch (error) {
      return saysNoProject(error) ? [] : undefined;
    }
  }

  async #trackedBy(args: Body): Promise<TrackedOptimization | undefined> {
    const { optimizations, profile } = this.#options;
    const optimizationId = args["optimizationId"];
    if (typeof optimizationId !== "string") return undefined;
    const tracked = await optimizations.byOptimization(profile, optimizationId);
    return tracked?.endedAt === null ? tracked : undefined;
  }
}

function parseCreate(args: Body): z.infer<typeof createSchema> {
  const parsed = createSchema.safeParse(args);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RefusalError({
    code: "ARGUMENTS_INVALID",
    message: `create_optimization: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}`,
    remedy: "its points are recorded as trials before it is sent, so they must be known",
  });
}

function openTrial(optimization: TrackedOptimization, point: Point): Omit<Trial, "id" | "artefactHash"> {
  const { callId, profile, projectId, optimizationId, name, principal, strategyId, openedAt } = optimization;
  return {
    callId,
    strategyId,
    profile,
    projectId,
    optimizationId,
    backtestId: null,
    name,
    principal,
    source: "desk",
    parameters: { ...point },
    state: "open",
    openedAt,
    closedAt: null,
    result: null,
    rawArtifact: null,
  };
}

function isOpen({ state }: PointTrial): boolean {
  return state === "open";
}
