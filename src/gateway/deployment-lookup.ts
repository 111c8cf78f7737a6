import { z } from "zod";
import type { DeploymentState } from "./classify.ts";

const liveListSchema = z.looseObject({
  live: z.array(z.looseObject({ projectId: z.number(), status: z.string().optional() })),
});
/** Deployments that will not trade again; every other state, also one that we do not know, counts as live. */
const ENDED = new Set(["Stopped", "Liquidated", "Deleted", "Completed", "RuntimeError", "DeployError", "Invalid"]);
const FRESH_MICROSECONDS = 30_000_000;

/** Knows which projects run live, from the account itself, asked again when the answer is over 30 s old. */
export class DeploymentLookup {
  readonly #read: () => Promise<Readonly<Record<string, unknown>>>;
  #known: { readonly at: number; readonly state: DeploymentState } | undefined;

  constructor(read: () => Promise<Readonly<Record<string, unknown>>>) {
    this.#read = read;
  }

  /** Fails closed: an answer that does not come or cannot be read is `unknown`. */
  async state(now: number): Promise<DeploymentState> {
    if (this.#known !== undefined && now - this.#known.at < FRESH_MICROSECONDS) return this.#known.state;
    const parsed = await this.#read().then(
      (body) => liveListSchema.safeParse(body),
      () => undefined,
    );
    if (parsed?.success !== true) return { liveProjects: "unknown" };
    const live = parsed.data.live.filter(({ status }) => status === undefined || !ENDED.has(status));
    const state: DeploymentState = { liveProjects: new Set(live.map(({ projectId }) => projectId)) };
    this.#known = { at: now, state };
    return state;
  }
}
