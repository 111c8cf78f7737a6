import { z } from "zod";

/** What the desk tells its guardian, one JSON line each. */
export const guardianMessageSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("watch"), pid: z.int().positive(), startedAt: z.string(), what: z.string() }),
  z.object({ do: z.literal("forget"), pid: z.int().positive() }),
]);

export type GuardianMessage = z.infer<typeof guardianMessageSchema>;
