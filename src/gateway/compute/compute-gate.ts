import type { ComputeLimit } from "../../domain/compute-budget.ts";
import type { ComputeUse } from "../../domain/compute-use.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Outcome, Refusal } from "../../domain/refusal.ts";
import type { ComputeEstimate } from "./compute-estimate.ts";
import type { ComputeWrite } from "./compute-store.ts";

/** A call that takes time of nodes, or will make such calls. */
export interface ComputeCall {
  readonly principal: Principal;
  /** Whose nodes they are; another account than the desk's own where it is not the desk's own upstream. */
  readonly upstream: string;
  readonly calls: readonly { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }[];
}

/** How a call stands to the budget of its principal. */
export interface ComputeView {
  readonly estimate: ComputeEstimate;
  readonly used: ComputeUse;
  readonly limit: ComputeLimit;
  readonly day: string;
  /** Microseconds UTC. */
  readonly renewsAt: number;
  /** Why it does not fit. */
  readonly refusal: Refusal | undefined;
}

/** The budget of computing as the gateway uses it. Only calls of class `compute` ask it. */
export interface ComputeGate {
  /** Estimates a call and looks at what is left; takes nothing. Refuses what has no budget or cannot be estimated. */
  look(call: ComputeCall): Promise<Outcome<ComputeView>>;
  /** What has to be committed with the intent of a call that was looked at; undefined where it takes nothing. */
  reservation(
    view: ComputeView,
    call: { readonly principal: Principal; readonly callId: string; readonly tool: string },
  ): ComputeWrite | undefined;
  /** Notes that the cloud took a call on: what it waited for a node until then is not counted. */
  began(callId: string): Promise<void>;
  /** Gives back what a call took that was certainly not made. */
  giveBack(callId: string): Promise<void>;
}
