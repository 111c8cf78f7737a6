import { z } from "zod";
import { moneySchema } from "./compute-use.ts";
import { principalKind, type Principal } from "./principal.ts";
import { accepted, refused, type Outcome, type Refusal } from "./refusal.ts";

/** How much a principal may compute on a UTC day; null is no limit. */
const computeLimitSchema = z.strictObject({
  minutesPerDay: z.number().min(0).max(1_000_000).nullable(),
  moneyPerDay: moneySchema.nullable(),
});

export type ComputeLimit = Readonly<z.output<typeof computeLimitSchema>>;

/** A principal, such as `agent:strategy-lab`, or all of a kind, such as `agent:*`. */
const whoSchema = z
  .string()
  .regex(
    /^(?:host|cli|desk|(?:agent|pipeline|operator|user):(?:\*|[a-zA-Z0-9_.-]{1,64}))$/,
    "a principal such as host or agent:strategy-lab, or a kind such as agent:*",
  );

/** A file of budgets. Whoever is not named, himself or by his kind, has none and computes nothing. */
const computeBudgetSchema = z.strictObject({
  version: z.literal(1),
  principals: z.record(whoSchema, computeLimitSchema),
});

export type ComputeBudget = Readonly<z.output<typeof computeBudgetSchema>>;

/** Reads a file of budgets; one field that cannot be understood makes it worthless. */
export function parseComputeBudget(data: unknown): Outcome<ComputeBudget> {
  const parsed = computeBudgetSchema.safeParse(data);
  if (parsed.success) return accepted(parsed.data);
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
  return refused(unreadableBudget(issues.slice(0, 5).join("; ")));
}

/** The limit of a principal: his own, or that of his kind. */
export function computeLimitOf({ principals }: ComputeBudget, principal: Principal): ComputeLimit | undefined {
  return own(principals, principal) ?? own(principals, `${principalKind(principal)}:*`);
}

/** The names in `next` that may compute more than `base` lets them. */
export function looserThan(base: ComputeBudget, next: ComputeBudget): readonly string[] {
  return Object.entries(next.principals)
    .filter(([who, limit]) => {
      const before = computeLimitOf(base, who);
      return before === undefined || isLooser(before, limit);
    })
    .map(([who]) => who);
}

function isLooser(before: ComputeLimit, after: ComputeLimit): boolean {
  if (before.minutesPerDay !== null && (after.minutesPerDay ?? Infinity) > before.minutesPerDay) return true;
  if (before.moneyPerDay === null) return false;
  if (after.moneyPerDay === null) return true;
  // Without a rate nobody knows which of two currencies is more.
  if (after.moneyPerDay.currency !== before.moneyPerDay.currency) return true;
  return after.moneyPerDay.amount.greaterThan(before.moneyPerDay.amount);
}

export function unreadableBudget(reason: string): Refusal {
  return {
    code: "COMPUTE_BUDGET_UNREADABLE",
    message: `the budget of computing cannot be relied on, so nothing is computed: ${reason}`,
    remedy:
      "correct compute-budget.json in the data directory, have an operator sign it with `quantwright limits sign-compute FILE`, or remove it to go back to the shipped budget",
  };
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
