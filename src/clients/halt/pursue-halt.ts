import { isConfirmed, haltStateAfter, type HaltState } from "../../domain/halt-state.ts";
import type { HaltedAccount, HaltTarget } from "./halt-target.ts";

export interface HaltRequest {
  readonly deployId: string | undefined;
  readonly flatten: boolean;
  /** How long to look for proof, in milliseconds. */
  readonly patienceMilliseconds: number;
  readonly onState: (account: { readonly deployId: string; readonly state: HaltState }) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface HaltOutcome {
  readonly accounts: readonly { readonly deployId: string; readonly state: HaltState }[];
  /** Whether all of it was confirmed. Nothing that runs is nothing that trades. */
  readonly confirmed: boolean;
}

/** A target that does not answer is asked so often before that is told. */
const TRIES = 3;

/**
 * Halts and goes on looking until what was asked for is confirmed. An algorithm is stopped only after its account was
 * seen flat. Never rejects: what could not be confirmed is `UNCONFIRMED`.
 */
export async function pursueHalt(target: HaltTarget, request: HaltRequest): Promise<HaltOutcome> {
  const { deployId, flatten, onState } = request;
  const states = new Map<string, HaltState>();
  const stopped = new Set<string>();
  const take = (accounts: readonly HaltedAccount[]): void => {
    for (const account of accounts) {
      const before = states.get(account.deployId);
      const state = haltStateAfter({ kind: "seen", sighting: account.sighting, flatten });
      states.set(account.deployId, state);
      if (before?.kind !== state.kind) onState({ deployId: account.deployId, state });
    }
  };
  let accounts: readonly HaltedAccount[];
  try {
    accounts = await tried(() => target.halt(deployId, flatten), request);
  } catch (error) {
    const reason = `${target.name} does not answer: ${error instanceof Error ? error.message : String(error)}`;
    const state = haltStateAfter({ kind: "unseen", ageSeconds: 0, reason });
    onState({ deployId: deployId ?? "all", state });
    return { accounts: [{ deployId: deployId ?? "all", state }], confirmed: false };
  }
  take(accounts);
  for (let waited = 0; ; waited += target.pollMilliseconds) {
    for (const account of accounts) {
      const isFlat = states.get(account.deployId)?.kind === "FLAT";
      if (!flatten || !isFlat || stopped.has(account.deployId)) continue;
      stopped.add(account.deployId);
      await target.stop(account).catch(() => stopped.delete(account.deployId));
    }
    const open = [...states.values()].some((state) => !isConfirmed(state, flatten));
    if (!open || waited >= request.patienceMilliseconds) break;
    await request.wait(target.pollMilliseconds);
    const before = new Map(accounts.map((account) => [account.deployId, account]));
    const looked = await target.look(deployId).catch(() => []);
    take(looked.filter((account) => before.has(account.deployId)));
  }
  const ends = [...states].map(([id, state]) => ({ deployId: id, state }));
  return { accounts: ends, confirmed: ends.every(({ state }) => isConfirmed(state, flatten)) };
}

async function tried<T>(work: () => Promise<T>, { wait }: HaltRequest): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await wait(attempt * 250);
    }
  }
}
