import { z } from "zod";
import { CALL_CLASSES, type CallClass } from "./call-class.ts";
import { documentSignatureSchema } from "./operator.ts";
import type { Principal } from "./principal.ts";
import { PROFILES, type Profile, type TradingMode } from "./profile.ts";

/** A name, or a beginning of names followed by `*`. */
const patternSchema = z.string().regex(/^[\w.:/ -]*\*?$/, "a name, or the beginning of names followed by *");
const patternsSchema = z.array(patternSchema).min(1);

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "a time of day such as 09:30");

/** A span of each day in a zone, `to` not included. It may go over midnight; its day is then the one it began on. */
const timeOfDaySchema = z
  .strictObject({
    from: clockTime,
    to: clockTime,
    zone: z.string().refine(isZone, "a time zone such as America/New_York"),
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .default([...WEEKDAYS]),
  })
  .refine(({ from, to }) => from !== to, "from and to must differ; leave timeOfDay out for the whole day");

/** When a rule speaks: every condition that is given must hold. A list holds when one of it does. */
const conditionSchema = z.strictObject({
  principals: patternsSchema.optional(),
  /** Names as upstreams and skills have them, without prefix. */
  tools: patternsSchema.optional(),
  upstreams: patternsSchema.optional(),
  classes: z.array(z.enum(CALL_CLASSES)).min(1).optional(),
  profiles: z.array(z.enum(PROFILES)).min(1).optional(),
  accounts: patternsSchema.optional(),
  symbols: patternsSchema.optional(),
  modes: z
    .array(z.enum(["PAPER", "SIMULATED LIVE", "LIVE", "none"]))
    .min(1)
    .optional(),
  tainted: z.boolean().optional(),
  /** Whether the call is an inner one of a composed tool. */
  composed: z.boolean().optional(),
  timeOfDay: timeOfDaySchema.optional(),
});

const named = { id: z.string().regex(/^[a-z0-9-]{1,64}$/), when: conditionSchema, reason: z.string().min(1).max(500) };

const policyRuleSchema = z.discriminatedUnion("effect", [
  z.strictObject({ ...named, effect: z.literal("allow") }),
  z.strictObject({
    ...named,
    effect: z.literal("approve"),
    signatures: z.union([z.literal(1), z.literal(2)]).default(1),
  }),
  z.strictObject({
    ...named,
    effect: z.literal("deny"),
    code: z
      .union([
        z.literal("RAW_COMMAND_DENIED"),
        z.string().regex(/^POLICY_[A-Z0-9_]{2,40}$/, "a code that begins with POLICY_"),
      ])
      .default("POLICY_DENIED"),
  }),
]);

/** Rules as data. Of those that speak about a call the strictest decides; where none does, the call is denied. */
export const policySchema = z
  .strictObject({ version: z.literal(1), rules: z.array(policyRuleSchema).max(500) })
  .refine(({ rules }) => new Set(rules.map(({ id }) => id)).size === rules.length, "two rules have the same id");

/** The user's own file: bare, or with the signatures that let it be looser than what is shipped. */
export const policyFileSchema = z.strictObject({
  policy: policySchema,
  signatures: z.array(documentSignatureSchema).max(20).default([]),
});

export type PolicyCondition = z.infer<typeof conditionSchema>;
export type TimeOfDay = z.infer<typeof timeOfDaySchema>;
export type PolicyRule = z.infer<typeof policyRuleSchema>;
export type Policy = z.infer<typeof policySchema>;

/** What a policy looks at. */
export interface PolicyQuestion {
  readonly principal: Principal;
  /** Null for tools of our own. */
  readonly upstream: string | null;
  /** The name without prefix. */
  readonly tool: string;
  readonly class: CallClass;
  readonly profile: Profile;
  /** The account that the call trades in; null where there is none, or where it is not known. */
  readonly account: string | null;
  readonly symbols: readonly string[];
  readonly mode: TradingMode;
  readonly tainted: boolean;
  /** The composed tool whose inner call this is; null for a call of the principal's own. */
  readonly composedBy: string | null;
  /** Microseconds UTC. */
  readonly at: number;
}

function isZone(name: string): boolean {
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId !== "" && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
