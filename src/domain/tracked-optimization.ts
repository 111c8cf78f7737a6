import { z } from "zod";

/**
 * An optimisation whose points are recorded as trials: opened with the intent of its call, watched until the cloud has
 * no more points to come and every trial has ended.
 */
export const trackedOptimizationSchema = z.object({
  callId: z.string(),
  profile: z.string(),
  projectId: z.int(),
  /** Null until the cloud's answer, or the watcher, tells it. */
  optimizationId: z.string().nullable(),
  name: z.string(),
  principal: z.string(),
  strategyId: z.string().nullable(),
  /** Content hash of the project's files as they were when it was asked for. */
  files: z.string(),
  openedAt: z.int(),
  endedAt: z.int().nullable(),
});

export type TrackedOptimization = z.infer<typeof trackedOptimizationSchema>;
