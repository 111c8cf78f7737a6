import { z } from "zod";
import type { DeploymentMode } from "../domain/profile.ts";
import { brokerageMode, type DeploymentState, type RunningDeployment } from "./classify.ts";

const liveListSchema = z.looseObject({
  live: z.array(
    z.looseObject({
      projectId: z.number(),
      deployId: z.string().optional(),
      status: z.string().optional(),
      brokerage: z.string().optional(),
    }),
  ),
});
/** Deployments that will not trade again; every other state, also one that we do not know, counts as live. */
const ENDED = new Set(["Stopped", "Liquidated", "Deleted", "Completed", "RuntimeError", "DeployError", "Invalid"]);

/** Knows which projects run live, from the account itself, asked again when the answer is too old. */
export class DeploymentLookup {
  readonly #read: () => Promise<Readonly<Record<string, unknown>>>;
  readonly #freshMicroseconds: number;
  #known: { readonly at: number; readonly running: ReadonlyMap<number, RunningDeployment> } | undefined;
  /** How often something was deployed or ended: an answer that was asked for before that is not kept. */
  #changes = 0;

  /** `freshMicroseconds`: how old an answer may be, because others deploy as well. */
  constructor(read: () => Promise<Readonly<Record<string, unknown>>>, freshMicroseconds: number) {
    this.#read = read;
    this.#freshMicroseconds = freshMicroseconds;
  }

  /** Fails closed: an answer that does not come or cannot be read is `unknown`. */
  async running(now: number): Promise<DeploymentState["running"]> {
    const age = this.#known === undefined ? undefined : now - this.#known.at;
    // A clock that went back says nothing about an age.
    if (this.#known !== undefined && age !== undefined && age >= 0 && age < this.#freshMicroseconds) {
      return this.#known.running;
    }
    const changes = this.#changes;
    const parsed = await this.#read().then(
      (body) => liveListSchema.safeParse(body),
      () => undefined,
    );
    if (parsed?.success !== true) return "unknown";
    const running = new Map<number, RunningDeployment>();
    for (const { projectId, deployId, status, brokerage } of parsed.data.live) {
      if (status !== undefined && ENDED.has(status)) continue;
      const mode = graver(running.get(projectId)?.mode, brokerageMode({ id: brokerage }));
      running.set(projectId, { deployId: deployId ?? "", mode });
    }
    if (changes === this.#changes) this.#known = { at: now, running };
    return running;
  }

  /** The next question asks the account: something was deployed or ended. */
  forget(): void {
    this.#changes += 1;
    this.#known = undefined;
  }
}

const GRAVITY: readonly DeploymentMode[] = ["PAPER", "SIMULATED LIVE", "LIVE"];

function graver(known: DeploymentMode | undefined, mode: DeploymentMode): DeploymentMode {
  return known === undefined || GRAVITY.indexOf(mode) > GRAVITY.indexOf(known) ? mode : known;
}
