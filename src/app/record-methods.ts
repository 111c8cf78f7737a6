import { z } from "zod";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import type { DoorParts } from "./desk-doors.ts";

/** What the shell can ask about what was tried and run. */
export function recordMethods({ core, store }: DoorParts): Readonly<Record<string, ControlMethod>> {
  return {
    "trials.list": controlMethod(
      z.object({ strategyId: z.string().optional(), limit: z.int().min(1).max(10_000).default(50) }),
      ({ strategyId, limit }) => store.trials.list({ limit, ...(strategyId === undefined ? {} : { strategyId }) }),
    ),
    "runs.list": controlMethod(z.object({ limit: z.int().min(1).max(200).default(20) }), ({ limit }) =>
      core.runs.list(limit),
    ),
  };
}
