import { z } from "zod";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { wholeNumber } from "../input-fields.ts";
import { businessError, reply } from "../reply.ts";
import { withRunning } from "./found-deployment.ts";

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
};
