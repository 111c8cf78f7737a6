import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import { Decimal } from "../../domain/decimal.ts";
import type { AccountView } from "../../gateway/accounts/account-view.ts";
import { defineSkill, type Skill } from "../../gateway/skill.ts";
import { runningProjects, viewOf, type TradingParts } from "./trading-parts.ts";

const balanceSchema = z.object({
  projectId: z.int(),
  deployId: z.string(),
  mode: z.string(),
  asOf: z.string().describe("ISO 8601 UTC"),
  currency: z.string(),
  equity: z.string(),
  equityAtLaunch: z.string().nullable(),
  cash: z.array(z.object({ currency: z.string(), amount: z.string(), rate: z.string() })),
  holdingsValue: z.string(),
});

/** What accounts of running deployments are worth. */
export function getAccountBalance(parts: TradingParts): Skill {
  return defineSkill({
    name: "get_account_balance",
    title: "Account balance",
    description:
      "Equity, cash by currency and value of holdings of one running deployment, or of all. Amounts are decimal texts. Costs nothing.",
    owner: "execution-ops",
    class: "read",
    trading: true,
    input: z.object({ projectId: z.int().optional().describe("Only this project's deployment") }),
    output: z.object({ accounts: z.array(balanceSchema) }),
    answer: async ({ projectId }) => {
      const views = await Promise.all((await runningProjects(parts, projectId)).map((one) => viewOf(parts, one)));
      const [only] = views;
      return {
        data: { accounts: views.map(balanceOf) },
        source: [...new Set(views.map(({ source }) => source))].join(", ") || "nothing runs",
        ...(views.length === 0 ? {} : { asOf: Math.min(...views.map(({ asOf }) => asOf)) }),
        ...(views.length === 1 && only !== undefined ? { mode: only.mode } : {}),
      };
    },
  });
}

function balanceOf(view: AccountView): z.input<typeof balanceSchema> {
  const value = view.positions.reduce((sum, held) => sum.add(held.value), Decimal.ZERO);
  return {
    projectId: view.projectId,
    deployId: view.deployId,
    mode: view.mode,
    asOf: isoTime(view.asOf),
    currency: view.currency,
    equity: view.equity.toString(),
    equityAtLaunch: view.launchEquity?.toString() ?? null,
    cash: view.cash.map(({ currency, amount, rate }) => ({
      currency,
      amount: amount.toString(),
      rate: rate.toString(),
    })),
    holdingsValue: value.toString(),
  };
}
