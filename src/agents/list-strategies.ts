import { z } from "zod";
import { defineSkill, type Skill } from "../gateway/skill.ts";
import type { StrategyLabParts } from "./strategy-lab-parts.ts";

/** Lists strategies with how often each was tried. */
export function listStrategies(parts: StrategyLabParts): Skill {
  return defineSkill({
    name: "list_strategies",
    title: "List strategies",
    description:
      "All strategies of this desk with their projects, their stage of life and how many backtests were tried on each.",
    owner: "strategy-lab",
    class: "read",
    input: z.object({}),
    output: z.object({
      strategies: z.array(
        z.object({
          strategyId: z.string(),
          name: z.string(),
          lifecycle: z.string(),
          projectId: z.int().nullable(),
          trials: z.int(),
          bestAnnualSharpe: z.string().nullable(),
          created: z.string(),
        }),
      ),
    }),
    answer: async () => {
      const strategies = await parts.strategies.list();
      const rows = await Promise.all(
        strategies.map(async (strategy) => {
          const trials = await parts.trials.list({ strategyId: strategy.id });
          const sharpes = trials
            .flatMap(({ result }) => result?.statistics["Sharpe Ratio"] ?? [])
            .filter((text) => !Number.isNaN(Number(text)));
          return {
            strategyId: strategy.id,
            name: strategy.name,
            lifecycle: strategy.lifecycle,
            projectId: strategy.links.find(({ profile }) => profile === parts.profile)?.projectId ?? null,
            trials: await parts.trials.countOf(strategy.id),
            bestAnnualSharpe: sharpes.toSorted((a, b) => Number(b) - Number(a))[0] ?? null,
            created: new Date(strategy.createdAt / 1000).toISOString(),
          };
        }),
      );
      return { data: { strategies: rows }, source: "desk" };
    },
  });
}
