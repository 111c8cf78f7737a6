import { z } from "zod";
import type { Profile } from "../domain/profile.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { Strategy } from "../domain/strategy.ts";
import type { Trial, TrialState } from "../domain/trial.ts";
import type { Runs } from "../runs/run-definition.ts";

/** What Strategy Lab needs from outside. */
export interface StrategyLabParts {
  readonly profile: Profile;
  readonly strategies: {
    add(strategy: Strategy): Promise<void>;
    list(): Promise<Strategy[]>;
    byId(id: string): Promise<Strategy | undefined>;
    byProject(profile: Profile, projectId: number): Promise<Strategy | undefined>;
  };
  readonly trials: {
    /** The newest that fit the filter, in the order they were opened. */
    list(filter: {
      readonly strategyId?: string;
      readonly state?: TrialState;
      readonly limit?: number;
    }): Promise<Trial[]>;
    /** How many trials a strategy has, whatever the limit of a list. */
    countOf(strategyId: string): Promise<number>;
  };
  /** Runs exist only after the gateway that they call, hence a function. */
  readonly runs: () => Runs;
  readonly newId: () => string;
  /** Shipped strategy templates: source text by name. */
  readonly templates: Readonly<Record<string, string>>;
  /** Shipped sources of the twin: text by file name. */
  readonly twin: Readonly<Record<string, string>>;
}

export const strategyId = z.string().min(1).max(64).describe("Id of a strategy (create_strategy, list_strategies)");

/** The project of a strategy on the profile in use. */
export async function projectOf(
  parts: StrategyLabParts,
  id: string,
): Promise<{ readonly strategy: Strategy; readonly projectId: number }> {
  const strategy = await parts.strategies.byId(id);
  if (strategy === undefined) {
    const known = (await parts.strategies.list()).slice(-5).map((one) => `${one.id} (${one.name})`);
    throw new RefusalError({
      code: "STRATEGY_UNKNOWN",
      message: `there is no strategy "${id}"`,
      remedy: known.length === 0 ? "create one with create_strategy" : `known are ${known.join(", ")}`,
    });
  }
  const link = strategy.links.find(({ profile }) => profile === parts.profile);
  if (link !== undefined) return { strategy, projectId: link.projectId };
  throw new RefusalError({
    code: "STRATEGY_NOT_LINKED",
    message: `strategy ${strategy.name} has no project on profile ${parts.profile}`,
    remedy: "create it on this profile, or use the profile that it lives on",
  });
}
