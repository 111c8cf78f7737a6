import type { z } from "zod";
import type { CallClass } from "../domain/call-class.ts";
import type { Profile, TradingMode } from "../domain/profile.ts";
import type { Principal } from "../domain/principal.ts";

/** What a composed tool may do while it answers one call. */
export interface SkillContext {
  readonly principal: Principal;
  readonly profile: Profile;
  readonly callId: string;
  readonly signal: AbortSignal;
  /** Microseconds UTC. */
  readonly now: number;
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
  /** Whether the tool belongs to the trading part, which toolset `research` leaves out. */
  readonly trading?: boolean;
  answer(args: Readonly<Record<string, unknown>>, context: SkillContext): Promise<SkillAnswer<unknown>>;
}

/** Defines a skill whose arguments and result have the types of its schemas. */
export function defineSkill<Input extends z.ZodObject, Output extends z.ZodObject>(
  skill: Omit<Skill, "input" | "output" | "answer"> & {
    readonly input: Input;
    readonly output: Output;
    readonly answer: (args: z.output<Input>, context: SkillContext) => Promise<SkillAnswer<z.input<Output>>>;
  },
): Skill {
  return { ...skill, answer: (args, context) => skill.answer(skill.input.parse(args), context) };
}
