import { z } from "zod";
import type { DeploymentState } from "./classify.ts";

const liveListSchema = z.looseObject({
  live: z.array(z.looseObject({ projectId: z.number(), status: z.string().optional() })),
});
/** Deployments that will not trade again; every other state, also one that we do not know, counts as live. */
const ENDED = new Set(["Stopped", "Liquidated", "Deleted", "Completed", "RuntimeError", "DeployError", "Invalid"]);

/** Knows which projects run live, from the account itself, asked again when the answer is too old. */
export class DeploymentLookup {
  readonly #read: () => Promise<Readonly<Record<string, unknown>>>;
  readonly #freshMicroseconds: number;
  #known: { readonly at: number; readonly state: DeploymentState } | undefined;

  /** `freshMicroseconds`: how old an answer may be, because others deploy as well. */
  constructor(read: () => Promise<Readonly<Record<string, unknown>>>, freshMicroseconds: number) {
    this.#read = read;
    this.#freshMicroseconds = freshMicroseconds;
  }

  /** Fails closed: an answer that does not come or cannot be read is `unknown`. */
  async state(now: number): Promise<DeploymentState> {
    if (this.#known !== undefined && now - this.#known.at < this.#freshMicroseconds) return this.#known.state;
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
