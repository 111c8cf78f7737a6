import { z } from "zod";
import { isoTime } from "../domain/clock.ts";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";
import { isEnded, type Run } from "../domain/run.ts";
import type { HaltNotice } from "../gateway/halt-gate.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";
import type { UpstreamStatus } from "../gateway/upstream-port.ts";
import type { Runs } from "../runs/run-definition.ts";
import { PAGE_CHARACTERS, pagesOf, sectionsOf } from "./result-pages.ts";
import { runView, viewOf } from "./run-backtest.ts";

/** What the desk's own tools need from outside. */
export interface DeskToolsParts {
  readonly runs: () => Runs;
  readonly artifact: (hash: string) => Promise<string | undefined>;
  readonly upstreams: () => readonly UpstreamStatus[];
  readonly counts: () => Promise<{
    readonly strategies: number;
    readonly trials: number;
    readonly openTrials: number;
    readonly auditRecords: number;
  }>;
  /** All that is halted. */
  readonly halts: () => readonly HaltNotice[];
  readonly version: string;
  readonly startedAt: number;
}

/** Sections up to so many characters are shown with the list of sections. */
const SHORT_SECTION = 1500;
const runId = z.string().min(1).max(64).describe("Id of the run (run_backtest gives it)");

async function existing(runs: Runs, id: string): Promise<Run> {
  const run = await runs.get(id);
  if (run !== undefined) return run;
  const recent = (await runs.list(3)).map((one) => `${one.id} (${one.title})`);
  throw new RefusalError({
    code: "RUN_UNKNOWN",
    message: `there is no run "${id}"`,
    remedy: recent.length === 0 ? "nothing has run yet" : `the latest are ${recent.join(", ")}`,
  });
}

const runStatus = (parts: DeskToolsParts): Skill =>
  defineSkill({
    name: "run_status",
    title: "Status of a run",
    description:
      "How far a run is. With `version` (from the last answer) it waits up to 20 s for a change, so that you need not ask again and again.",
    owner: "desk",
    class: "read",
    input: z.object({
      runId,
      version: z.int().min(0).optional().describe("The version you know: wait for a newer one"),
      waitSeconds: z.number().min(0).max(20).default(20),
    }),
    output: z.object({ run: runView, next: z.string() }),
    answer: async (args, context) => {
      const runs = parts.runs();
      let run = await existing(runs, args.runId);
      if (args.version !== undefined && !isEnded(run)) {
        run =
          (await runs.waitForChange(args.runId, {
            version: args.version,
            milliseconds: args.waitSeconds * 1000,
            signal: context.signal,
          })) ?? run;
      }
      const next = isEnded(run)
        ? `run_result {"runId":"${run.id}"}`
        : `run_status {"runId":"${run.id}","version":${run.version}}`;
      return { data: { run: viewOf(run), next }, source: "desk", asOf: run.updatedAt, runId: run.id };
    },
  });

const runResult = (parts: DeskToolsParts): Skill =>
  defineSkill({
    name: "run_result",
    title: "Result of a run",
    description:
      "Reads the result of a completed run, or a long result by its resultRef, in sections and pages of at most 8,000 characters. Without `section` it lists the sections and shows the short ones.",
    owner: "desk",
    class: "read",
    input: z.object({
      runId: runId.optional(),
      resultRef: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
      section: z.string().optional(),
      page: z.int().min(1).default(1),
    }),
    output: z.object({
      section: z.string().nullable(),
      page: z.int(),
      pages: z.int(),
      sections: z.array(z.object({ name: z.string(), characters: z.int(), pages: z.int(), items: z.int().optional() })),
      content: z.unknown(),
    }),
    answer: async (args) => {
      const { text, run } = await longResult(parts, args);
      const result = z.record(z.string(), z.unknown()).parse(parseJson(text));
      const sections = sectionsOf(result);
      const base = { source: "desk", ...(run === undefined ? {} : { runId: run.id, asOf: run.updatedAt }) };
      if (args.section === undefined) {
        return { ...base, data: { section: null, page: 1, pages: 1, sections, content: shortSections(result) } };
      }
      if (!Object.hasOwn(result, args.section)) {
        throw new RefusalError({
          code: "SECTION_UNKNOWN",
          message: `the result has no section "${args.section}"`,
          remedy: `it has ${sections.map(({ name }) => name).join(", ")}`,
        });
      }
      const pages = pagesOf(result[args.section]);
      const content = pages[args.page - 1];
      if (content === undefined)
        throw new RefusalError({
          code: "PAGE_UNKNOWN",
          message: `section ${args.section} has ${pages.length} pages, page ${args.page} was asked for`,
          remedy: "ask for one of them",
        });
      return { ...base, data: { section: args.section, page: args.page, pages: pages.length, sections: [], content } };
    },
  });

/** The short sections of a result, as many as fit on one page. */
function shortSections(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let left = PAGE_CHARACTERS - 2;
  const short = Object.entries(result).filter(([name, value]) => {
    const size = JSON.stringify({ [name]: value }).length;
    if (size > SHORT_SECTION || size > left) return false;
    left -= size;
    return true;
  });
  return Object.fromEntries(short);
}

async function longResult(
  parts: DeskToolsParts,
  args: { readonly runId?: string | undefined; readonly resultRef?: string | undefined },
): Promise<{ readonly text: string; readonly run?: Run }> {
  if (args.resultRef !== undefined) {
    const text = await parts.artifact(args.resultRef);
    if (text !== undefined) return { text };
    throw new RefusalError({
      code: "RESULT_UNKNOWN",
      message: "there is no stored result under that reference",
      remedy: "call the tool again that gave it",
    });
  }
  if (args.runId === undefined)
    throw new RefusalError({
      code: "ARGUMENTS_INVALID",
      message: "expected runId or resultRef, neither came",
      remedy: "give one of them",
    });
  const runs = parts.runs();
  const run = await existing(runs, args.runId);
  const text = await runs.result(run);
  if (text !== undefined) return { text, run };
  const why =
    run.error === null
      ? `it is ${run.state}${isEnded(run) ? "" : ` (${Math.round(run.progress * 100)} %)`}`
      : `it failed: ${run.error.code}: ${run.error.message}`;
  throw new RefusalError({
    code: run.error?.code ?? "RUN_NOT_COMPLETED",
    message: `run ${run.id} has no result: ${why}`,
    ...(run.error?.remedy === undefined
      ? { remedy: isEnded(run) ? "start it again" : "follow it with run_status" }
      : { remedy: run.error.remedy }),
  });
}

const cancelRun = (parts: DeskToolsParts): Skill =>
  defineSkill({
    name: "cancel_run",
    title: "Cancel a run",
    description: "Stops a run and the backtest that it waits for. A run that has ended stays as it is.",
    owner: "desk",
    class: "write",
    input: z.object({ runId }),
    output: z.object({ run: runView, cancelled: z.boolean() }),
    answer: async (args) => {
      const runs = parts.runs();
      const before = await existing(runs, args.runId);
      const run = (await runs.cancel(args.runId)) ?? before;
      return {
        data: { run: viewOf(run), cancelled: !isEnded(before) && run.state === "cancelled" },
        source: "desk",
        runId: run.id,
      };
    },
  });

const deskStatus = (parts: DeskToolsParts): Skill =>
  defineSkill({
    name: "desk_status",
    title: "Status of the desk",
    description:
      "Whether the desk and its upstream servers work, whether trading is halted, what runs now, and how many strategies, trials and audit records there are.",
    owner: "desk",
    class: "read",
    input: z.object({}),
    output: z.object({
      version: z.string(),
      startedAt: z.string(),
      halts: z
        .array(z.object({ target: z.string(), since: z.string(), by: z.string(), reason: z.string() }))
        .describe("What is halted: `desk` is all trading, else a deployId"),
      upstreams: z.array(
        z.object({
          name: z.string(),
          state: z.string(),
          tools: z.int(),
          restarts: z.int(),
          lastError: z.string().nullable(),
        }),
      ),
      strategies: z.int(),
      trials: z.int(),
      openTrials: z.int(),
      auditRecords: z.int(),
      runs: z.array(runView),
    }),
    answer: async () => {
      const counts = await parts.counts();
      const recent = await parts.runs().list(5);
      const upstreams = parts
        .upstreams()
        .map(({ name, state, tools, restarts, lastError }) => ({ name, state, tools, restarts, lastError }));
      return {
        data: {
          version: parts.version,
          startedAt: isoTime(parts.startedAt),
          halts: parts.halts().map(({ target, since, by, reason }) => ({ target, since: isoTime(since), by, reason })),
          upstreams,
          ...counts,
          runs: recent.map(viewOf),
        },
        source: "desk",
      };
    },
  });

/** The tools of the desk itself, which every agent may use. */
export function deskTools(parts: DeskToolsParts): readonly Skill[] {
  return [runStatus(parts), runResult(parts), cancelRun(parts), deskStatus(parts)];
}
