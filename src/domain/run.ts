import { z } from "zod";

export const RUN_STATES = ["queued", "running", "completed", "failed", "cancelled"] as const;

/** One execution of a durable piece of work. `version` grows with every change, so that a waiter sees the next one. */
export const runSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  principal: z.string(),
  profile: z.string(),
  state: z.enum(RUN_STATES),
  /** 0 to 1. */
  progress: z.number(),
  note: z.string(),
  input: z.string(),
  /** Content hash of the result, once there is one. */
  resultArtifact: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).nullable(),
  createdAt: z.int(),
  updatedAt: z.int(),
  version: z.int(),
});

export type Run = z.infer<typeof runSchema>;

/** Whether a run will change no more. */
export function isEnded(run: Run): boolean {
  return run.state === "completed" || run.state === "failed" || run.state === "cancelled";
}

/** What a run is told as while its cloud has no node for it. */
export const WAITING_FOR_NODE = "waiting for node";

/** The states of runs as they are shown. */
export const SHOWN_RUN_STATES = [...RUN_STATES, WAITING_FOR_NODE] as const;

/** The state of a run for people and models: one that runs and waits for a node says so. */
export function shownState(run: Pick<Run, "state" | "note">): (typeof SHOWN_RUN_STATES)[number] {
  return run.state === "running" && run.note.startsWith(WAITING_FOR_NODE) ? WAITING_FOR_NODE : run.state;
}
