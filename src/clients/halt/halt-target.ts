import type { HaltSighting } from "../../domain/halt-state.ts";

/** One account that was halted, as it was seen right after. */
export interface HaltedAccount {
  readonly deployId: string;
  readonly projectId: number;
  readonly sighting: HaltSighting;
}

/** Where trading happens, reached with a credential of the halt's own. Every call may be repeated. */
export interface HaltTarget {
  readonly name: string;
  /** Cancels orders and lets only reductions through, in one account or all; with `flatten` closes positions too. */
  halt(deployId: string | undefined, flatten: boolean): Promise<readonly HaltedAccount[]>;
  /** Looks again at what was halted. */
  look(deployId: string | undefined): Promise<readonly HaltedAccount[]>;
  /** Ends an algorithm whose account was seen flat. */
  stop(account: HaltedAccount): Promise<void>;
  /** Lets trading go on. */
  rearm(deployId: string | undefined): Promise<void>;
  /** How often it may be asked, in milliseconds. */
  readonly pollMilliseconds: number;
}
