import { z } from "zod";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, wholeNumber } from "../input-fields.ts";
import { businessError, reply } from "../reply.ts";
import { withRunning } from "./found-deployment.ts";

const haltSchema = z.object({
  deployId: absent(filledText),
  how: z.enum(["restrict", "flatten", "rearm"]),
});
const oneSchema = z.object({ projectId: wholeNumber });

/**
 * Not of QuantConnect's API: the account of a running deployment with working orders and quotes in one look, which a
 * risk check needs. The real cloud has no quotes, and its snapshots are minutes old.
 */
export const quantwrightAccountEndpoints: Endpoints = {
  "/quantwright/account/read": endpoint(oneSchema, ({ projectId }, context) =>
    withRunning(projectId, context, ({ deployId }) => {
      const view = context.live.accountView(deployId);
      return view === undefined ? businessError(`No broker serves ${deployId} now`) : reply({ account: { ...view } });
    }),
  ),

  // At the broker and not by the algorithm, which may hang. With `flatten` the account is closed at its last prices;
  // stopping the algorithm is another call, for who has seen that the account is flat.
  "/quantwright/halt": endpoint(haltSchema, async ({ deployId, how }, { live }) => {
    const accounts = await live.halt(deployId, how);
    return reply({ accounts: accounts.map((view) => ({ ...view })) });
  }),
};
