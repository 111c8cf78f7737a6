import { z } from "zod";

/** Lenient on what others send: we need a name and an object schema, everything else passes through. */
export const upstreamToolSchema = z.looseObject({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
});

export const toolResultSchema = z.looseObject({
  content: z.array(z.record(z.string(), z.unknown())).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
  _meta: z.record(z.string(), z.unknown()).optional(),
});

/** Nobody can write down, hash or mask what is deeper than this. */
const DEEPEST_ANSWER = 500;

/** Whether an answer is nested no deeper than those who handle it can walk. */
export function isShallowAnswer(answer: unknown): boolean {
  let level: readonly unknown[] = [answer];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST_ANSWER) return false;
    level = level.flatMap((value): unknown[] =>
      value !== null && typeof value === "object" ? Object.values(value) : [],
    );
  }
  return true;
}
