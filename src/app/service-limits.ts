import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Config } from "../config.ts";
import { parseJson } from "../domain/parse-json.ts";
import { LEAST_POLL_MILLISECONDS } from "../domain/poll-interval.ts";
import { StartQueue } from "../gateway/organisation/start-queue.ts";
import { OWN_UPSTREAM } from "../gateway/tool.ts";

const pace = (least: number) =>
  z.strictObject({
    firstMilliseconds: z.number().min(least),
    growth: z.number().min(1),
    mostMilliseconds: z.number().min(least),
    jitter: z.number().min(0).max(1),
  });

const limitsSchema = z.strictObject({
  callsPerSecond: z.number().positive(),
  startPatienceSeconds: z.strictObject({ call: z.number().positive(), run: z.number().positive() }),
  startPace: z.strictObject({
    quantconnect: pace(LEAST_POLL_MILLISECONDS.quantconnect),
    local: pace(LEAST_POLL_MILLISECONDS.local),
  }),
});

const projectSchema = z.looseObject({ projects: z.array(z.looseObject({ organizationId: z.string().min(1) })).min(1) });

/** How carefully QuantConnect's service is used, as it is shipped. */
export function serviceLimits(config: Config): z.infer<typeof limitsSchema> {
  return limitsSchema.parse(parseJson(readFileSync(join(config.packageRoot, "config", "quantconnect.json"), "utf8")));
}

/** The queues of the desk's organisations. What no organisation is known of waits in one queue of its upstream. */
export function startQueue(
  config: Config,
  read: (tool: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>,
): StartQueue {
  const { startPatienceSeconds, startPace } = serviceLimits(config);
  const known = new Map<unknown, string>();
  return new StartQueue({
    pace: startPace[config.profile],
    patience: { call: startPatienceSeconds.call * 1000, run: startPatienceSeconds.run * 1000 },
    now: () => performance.now(),
    wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined),
    random: Math.random,
    organisationOf: async (upstream, projectId) => {
      if (upstream !== OWN_UPSTREAM) return "";
      const before = known.get(projectId);
      if (before !== undefined) return before;
      const project = projectSchema.safeParse(await read("read_project", { projectId }).catch(() => undefined));
      const organisation = project.data?.projects[0]?.organizationId;
      if (organisation !== undefined) known.set(projectId, organisation);
      return organisation ?? "";
    },
  });
}
