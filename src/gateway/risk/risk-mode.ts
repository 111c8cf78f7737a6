import { z } from "zod";
import { principalKind, type Principal } from "../../domain/principal.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";

/** Why an account only reduces. `daily-loss` and `drawdown` are latched breaches. */
const REDUCE_REASONS = ["daily-loss", "drawdown", "asked"] as const;

export type ReduceReason = (typeof REDUCE_REASONS)[number];

/** What an account may do: anything within its limits, only reduce, or nothing. Times are microseconds UTC. */
export const riskModeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ACTIVE") }),
  z.strictObject({ kind: z.literal("REDUCING"), since: z.int(), reasons: z.array(z.enum(REDUCE_REASONS)).min(1) }),
  z.strictObject({ kind: z.literal("HALTED"), since: z.int(), reason: z.string() }),
]);

export type RiskMode = z.infer<typeof riskModeSchema>;

/** What changes the mode. */
export type RiskEvent =
  | { readonly kind: "reduce"; readonly reason: ReduceReason; readonly at: number }
  | { readonly kind: "halt"; readonly reason: string; readonly at: number }
  | { readonly kind: "rearm"; readonly by: Principal };

/**
 * The only way from one mode to another. It closes at once and for anybody; it opens only for an operator
 * (`RISK_REARM_DENIED`), whatever time has passed.
 */
export function nextMode(mode: RiskMode, event: RiskEvent): Outcome<RiskMode> {
  switch (event.kind) {
    case "reduce":
      return accepted(reducing(mode, event.reason, event.at));
    case "halt":
      return accepted(mode.kind === "HALTED" ? mode : { kind: "HALTED", since: event.at, reason: event.reason });
    case "rearm":
      if (principalKind(event.by) === "operator") return accepted({ kind: "ACTIVE" });
      return refused({
        code: "RISK_REARM_DENIED",
        message: `expected an operator to re-arm, ${event.by} asked`,
        remedy: "have an enrolled operator run: quantwright rearm",
      });
  }
}

/** What holds where two modes do: the stricter one, with the reasons of both. */
export function stricterMode(one: RiskMode, other: RiskMode): RiskMode {
  if (one.kind === "HALTED" || other.kind === "ACTIVE") return one;
  if (other.kind === "HALTED" || one.kind === "ACTIVE") return other;
  return other.reasons.reduce<RiskMode>((mode, reason) => reducing(mode, reason, other.since), one);
}

function reducing(mode: RiskMode, reason: ReduceReason, at: number): RiskMode {
  if (mode.kind === "HALTED") return mode;
  if (mode.kind === "ACTIVE") return { kind: "REDUCING", since: at, reasons: [reason] };
  return mode.reasons.includes(reason) ? mode : { ...mode, reasons: [...mode.reasons, reason] };
}
