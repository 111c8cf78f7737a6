import { z } from "zod";
import type { Operations } from "./operations/operation.ts";
import { text } from "./operations/operation.ts";

const commandSchema = z.record(z.string(), z.unknown());

/** What the facade asks only of live runs; without one, nothing is sent anywhere. */
export function liveOperations(broadcast: ((command: Record<string, unknown>) => boolean) | undefined): Operations {
  return {
    "live.broadcast": (command) => broadcast?.(commandSchema.parse(JSON.parse(text(command)))) ?? false,
  };
}
