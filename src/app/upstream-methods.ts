import { z } from "zod";
import { readRouteSchema } from "../domain/read-route.ts";
import { RefusalError } from "../domain/refusal.ts";
import { checkRoute } from "../gateway/check-route.ts";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import type { DeskCore } from "./assemble-gateway.ts";
import { seenRoutes } from "./desk-routes.ts";

/** What the shell can ask of the upstreams. Only it can: there is no tool for any of this. */
export function upstreamMethods(core: DeskCore): Readonly<Record<string, ControlMethod>> {
  const { upstreams, called, registry, userUpstreams } = core;
  const named = z.object({ name: z.string() });
  return {
    "upstream.list": controlMethod(z.object({}), () => Promise.resolve(upstreams.status())),
    "upstream.restart": controlMethod(named, async ({ name }) => ({
      known: await upstreams.restart(name),
      upstreams: upstreams.status(),
    })),
    "upstream.reload": controlMethod(z.object({}), async () => {
      await userUpstreams.reload();
      core.toolsChanged();
      return upstreams.status();
    }),
    "upstream.served": controlMethod(z.object({}), () => Promise.resolve(core.served())),
    "upstream.routes": controlMethod(z.object({}), () =>
      Promise.resolve(seenRoutes(userUpstreams.routes, userUpstreams.servers)),
    ),
    "upstream.checkRoute": controlMethod(readRouteSchema, (route) => {
      const refusal = checkRoute(route, userUpstreams.servers);
      return refusal === undefined ? Promise.resolve({ ok: true }) : Promise.reject(new RefusalError(refusal));
    }),
    "upstream.tools": controlMethod(named, ({ name }) => Promise.resolve(registry.seen(name))),
    "upstream.pin": controlMethod(
      z.object({ name: z.string(), tool: z.string(), hash: z.string() }),
      async ({ name, tool, hash }) => {
        await registry.pin(called, { upstream: name, tool, hash });
        core.toolsChanged();
        return registry.seen(name).filter((seen) => seen.tool === tool);
      },
    ),
  };
}
