import { z } from "zod";
import { haltText, type HaltState } from "../domain/halt-state.ts";
import type { Principal } from "../domain/principal.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";

/** Halts everything, or one account, and says what was confirmed. */
export type HaltDesk = (request: {
  readonly projectId: number | undefined;
  readonly flatten: boolean;
  readonly reason: string;
  readonly by: Principal;
}) => Promise<{
  readonly accounts: readonly { readonly deployId: string; readonly state: HaltState }[];
  readonly confirmed: boolean;
}>;

/** Anybody who may call may close; nobody who calls can open again. */
export function haltTrading(halt: HaltDesk): Skill {
  return defineSkill({
    name: "halt_trading",
    title: "Halt trading",
    description:
      "Stops trading at once, for everything or for one project's deployment: no new orders, working orders are cancelled, only reductions are taken. With flatten all positions are closed too. Needs no approval. Only an operator, in a terminal, lets trading go on.",
    owner: "desk",
    class: "reduce",
    trading: true,
    input: z.object({
      projectId: z.int().optional().describe("Only this project's deployment; everything where it is left out"),
      flatten: z.boolean().default(false).describe("Close all positions and stop the algorithms"),
      reason: z.string().max(300).default("no reason was given").describe("Why, for the record"),
    }),
    output: z.object({
      confirmed: z.boolean(),
      accounts: z.array(z.object({ deployId: z.string(), state: z.string(), text: z.string() })),
      next: z.string(),
    }),
    answer: async ({ projectId, flatten, reason }, context) => {
      const halted = await halt({ projectId, flatten, reason, by: context.principal });
      return {
        data: {
          confirmed: halted.confirmed,
          accounts: halted.accounts.map(({ deployId, state }) => ({
            deployId,
            state: state.kind,
            text: haltText(state),
          })),
          next: halted.confirmed
            ? "trading stays halted until an operator runs `quantwright rearm`"
            : "look at the accounts (get_positions) and call it again",
        },
        source: "desk",
      };
    },
  });
}
