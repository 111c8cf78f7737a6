import { z } from "zod";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { reply } from "../reply.ts";
import type { CloudSettings } from "../ports.ts";

/** The one version there is: our engine, named with the commit of LEAN whose results it gives. */
export function leanVersion({ version, leanCommit }: CloudSettings["engine"]): Record<string, unknown> {
  return {
    id: 1,
    created: "2026-01-01 00:00:00",
    description: `Quantwright's engine ${version}, with the results of LEAN ${leanCommit}`,
    leanHash: leanCommit,
    leanCloudHash: leanCommit,
    name: `quantwright-${version}`,
    ref: "master",
    public: true,
  };
}

export const leanVersionEndpoints: Endpoints = {
  "/lean/versions/read": endpoint(z.looseObject({}), (_, { settings }) =>
    reply({ versions: [leanVersion(settings.engine)] }),
  ),
};
