import type { z } from "zod";
import type { CallClass } from "../domain/call-class.ts";
import type { Profile, TradingMode } from "../domain/profile.ts";
import type { Principal } from "../domain/principal.ts";
import type { CallPlan } from "./call-plan.ts";
import type { ReservationEnd } from "./risk/reservation.ts";

/** What a composed tool may do while it answers one call. */
export interface SkillContext {
  readonly principal: Principal;
  readonly profile: Profile;
  readonly callId: string;
  readonly signal: AbortSignal;
  /** Microseconds UTC. */
  readonly now: number;
  /** Goes with what the call sends out, so that its effect is found again: the caller's intent id, or the call's own. */
  readonly intentKey: string;
  /** The plan that was decided about; while it is being made there is none. */
  readonly plan?: CallPlan;
  progress(fraction: number, note: string): void;
  /**
   * Calls an upstream's tool through the gateway as the same principal and returns its whole structured answer. What
   * cleans up is called `evenIfCancelled`.
   * @throws RefusalError with the code and text of a refusal or of the upstream's business error.
   */
  upstream(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    options?: { readonly evenIfCancelled?: boolean },
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** The answer of a skill: its data, and what its envelope says. */
export interface SkillAnswer<Output> {
  readonly data: Output;
  readonly source: string;
  /** Time of the data in microseconds UTC; the time of the call when absent. */
  readonly asOf?: number;
  readonly mode?: TradingMode;
  readonly runId?: string;
  /** What became of the order that the plan named; `unknown` where it is not known, also when the skill fails. */
  readonly orderEnd?: ReservationEnd;
}

/** A tool of our own, owned by one agent. Schemas are the only definition of its arguments and result. */
export interface Skill {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly owner: "strategy-lab" | "execution-ops" | "data-edge" | "desk";
  readonly class: CallClass;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Tools of the QuantConnect server without which a call cannot come to its end. */
  readonly needs?: readonly string[];
  /** Whether the tool belongs to the trading part, which toolset `research` leaves out. */
  readonly trading?: boolean;
  /**
   * What a call would do, found out by reading only; anew each time, also when the call is repeated with its approval.
   * Left out where its class says it all.
   * @throws RefusalError where that cannot be known.
   */
  plan?(args: Readonly<Record<string, unknown>>, context: SkillContext): Promise<CallPlan>;
  answer(args: Readonly<Record<string, unknown>>, context: SkillContext): Promise<SkillAnswer<unknown>>;
}

/** Defines a skill whose arguments and result have the types of its schemas. */
export function defineSkill<Input extends z.ZodObject, Output extends z.ZodObject>(
  skill: Omit<Skill, "input" | "output" | "answer" | "plan"> & {
    readonly input: Input;
    readonly output: Output;
    readonly plan?: (args: z.output<Input>, context: SkillContext) => Promise<CallPlan>;
    readonly answer: (args: z.output<Input>, context: SkillContext) => Promise<SkillAnswer<z.input<Output>>>;
  },
): Skill {
  const { plan, ...rest } = skill;
  return {
    ...rest,
    ...(plan === undefined ? {} : { plan: (args, context) => plan(skill.input.parse(args), context) }),
    answer: (args, context) => skill.answer(skill.input.parse(args), context),
  };
}
