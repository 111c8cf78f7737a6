import { z } from "zod";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import type { DoorParts } from "./desk-doors.ts";

/** What the shell can ask about what was recorded: the audit log, trials and runs. */
export function recordMethods({ core, store }: DoorParts): Readonly<Record<string, ControlMethod>> {
  return {
    "audit.tail": controlMethod(z.object({ count: z.int().min(1).max(1000).default(20) }), ({ count }) =>
      store.ledger.tail(count),
    ),
    "audit.verify": controlMethod(z.object({}), () => store.ledger.verify()),
    "audit.export": controlMethod(z.object({}), async (_, { signal, emit }) => {
      let count = 0;
      for await (const record of store.ledger.records()) {
        signal.throwIfAborted();
        emit(record);
        count += 1;
      }
      return { count };
    }),
    "trials.list": controlMethod(
      z.object({ strategyId: z.string().optional(), limit: z.int().min(1).max(10_000).default(50) }),
      ({ strategyId, limit }) => store.trials.list({ limit, ...(strategyId === undefined ? {} : { strategyId }) }),
    ),
    "runs.list": controlMethod(z.object({ limit: z.int().min(1).max(200).default(20) }), ({ limit }) =>
      core.runs.list(limit),
    ),
  };
}
