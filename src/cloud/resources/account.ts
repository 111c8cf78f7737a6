import { z } from "zod";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { reply } from "../reply.ts";

/** Who is calling. There is no money here: the balance is always 0. */
export const accountEndpoints: Endpoints = {
  "/authenticate": endpoint(z.looseObject({}), () => reply()),
  "/account/read": endpoint(z.looseObject({}), (_, { account }) =>
    reply({ organizationId: account.organizationId, creditBalance: 0, card: null }),
  ),
};
