import { z } from "zod";
import { type Outcome, accepted, refused } from "../../domain/refusal.ts";

const actionSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("latency"), milliseconds: z.int().min(0).max(600_000) }),
  /** Answered without doing anything: 429 or any 5xx. */
  z.object({ kind: z.literal("status"), status: z.union([z.literal(429), z.int().min(500).max(599)]) }),
  /** The work is done, and the connection is dropped before the answer. */
  z.object({ kind: z.literal("timeout-after-accept") }),
  /** The work is done, and the answer breaks off in the middle. */
  z.object({ kind: z.literal("truncated-body") }),
  /** Gives the previous answer to the same request; the first one is true. */
  z.object({ kind: z.literal("stale-snapshot") }),
  z.object({ kind: z.literal("node-shortage") }),
]);

const ruleSchema = z.strictObject({
  /** Path without the prefix of the API; `*` stands for anything, such as `/backtests/*`. */
  path: z.string().startsWith("/").max(200),
  fault: actionSchema,
  /** Chance of each request, 0 to 1. */
  probability: z.number().min(0).max(1).default(1),
  /** Only the requests of these numbers, counted from 1 for each rule. */
  nth: z.union([z.int().min(1), z.array(z.int().min(1)).min(1)]).optional(),
  /** Afterwards the rule is spent. */
  times: z.int().min(1).optional(),
});

const planSchema = z.strictObject({ seed: z.int().default(1), rules: z.array(ruleSchema).max(1000) });

export type FaultAction = z.infer<typeof actionSchema>;
export type FaultRule = z.infer<typeof ruleSchema>;
/** What goes wrong on demand, and the seed that decides when. */
export type FaultPlan = z.infer<typeof planSchema>;

/** Reads a plan of faults from the text of its file. */
export function parseFaultPlan(text: string): Outcome<FaultPlan> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return accepted(parsed.data);
  return invalid(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

function invalid(reason: string): ReturnType<typeof refused> {
  return refused({
    code: "USAGE",
    message: `the file of faults cannot be used: ${reason}`,
    remedy:
      'write it as {"seed": 1, "rules": [{"path": "/live/*", "fault": {"kind": "latency", "milliseconds": 500}}]}',
  });
}
