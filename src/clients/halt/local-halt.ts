import { z } from "zod";
import { LEAST_POLL_MILLISECONDS } from "../../domain/poll-interval.ts";
import { postToCloud, type CloudApi } from "../accounts/cloud-api.ts";
import type { HaltedAccount, HaltTarget } from "./halt-target.ts";

const haltedSchema = z.object({
  success: z.literal(true),
  accounts: z.array(
    z.object({
      deployId: z.string(),
      projectId: z.int(),
      positions: z.array(z.unknown()),
      orders: z.array(z.unknown()),
    }),
  ),
});
const refusedSchema = z.object({ errors: z.array(z.string()) });

/** The local cloud: halts at the broker, whatever the algorithm does. */
export function localHalt(api: CloudApi): HaltTarget {
  const ask = async (
    deployId: string | undefined,
    how: "restrict" | "flatten" | "rearm",
  ): Promise<readonly HaltedAccount[]> => {
    const body = { how, ...(deployId === undefined ? {} : { deployId }) };
    const { accounts } = answerOf(haltedSchema, await postToCloud(api, "/quantwright/halt", body));
    return accounts.map((account) => ({
      deployId: account.deployId,
      projectId: account.projectId,
      sighting: {
        workingOrders: account.orders.length,
        positions: account.positions.length,
        nextOpen: null,
        ageSeconds: 0,
      },
    }));
  };
  return {
    name: "local cloud",
    pollMilliseconds: LEAST_POLL_MILLISECONDS.local,
    halt: (deployId, flatten) => ask(deployId, flatten ? "flatten" : "restrict"),
    // To restrict what is restricted changes nothing.
    look: (deployId) => ask(deployId, "restrict"),
    async stop({ projectId }) {
      await postToCloud(api, "/live/update/stop", { projectId });
    },
    async rearm(deployId) {
      await ask(deployId, "rearm");
    },
  };
}

function answerOf<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  const refused = refusedSchema.safeParse(body);
  throw new Error(refused.success ? refused.data.errors.join("; ") : "the cloud's answer cannot be read");
}
