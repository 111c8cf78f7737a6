import { findOrder, reservationEnd } from "../agents/trading/order-outcome.ts";
import type { Decimal } from "../domain/decimal.ts";
import type { Profile } from "../domain/profile.ts";
import { accountLimits } from "../gateway/risk/effective-limits.ts";
import { watchAccount } from "../gateway/watch-account.ts";
import type { DeskControls } from "./desk-controls.ts";
import { systemClock } from "./system.ts";

type Body = Readonly<Record<string, unknown>>;

/** The local cloud is asked directly; each look at an account of QuantConnect's is an audited read. */
const EVERY_MILLISECONDS: Readonly<Record<Profile, number>> = { local: 3000, quantconnect: 60_000 };

/** Looks after the accounts of all running deployments, one round at a time, the first one at once. */
export function watchAccounts(parts: {
  readonly controls: Pick<DeskControls, "accounts" | "book" | "limits">;
  readonly profile: Profile;
  /** Reads through the gateway as the desk. */
  readonly read: (tool: string, args: Body) => Promise<Body>;
  readonly log: (message: string) => void;
}): AsyncDisposable {
  const { controls, profile, read, log } = parts;
  const realized = new Map<string, ReadonlyMap<string, Decimal>>();
  const modes = new Map<string, string>();
  const orderEnd = async (
    projectId: number,
    key: string,
  ): ReturnType<Parameters<typeof watchAccount>[2]["orderEnd"]> => {
    const found = await findOrder({ upstream: read }, projectId, { tag: key });
    return found === undefined ? undefined : reservationEnd(found.outcome);
  };
  const look = async (projectId: number): Promise<void> => {
    const view = await controls.accounts.view(projectId);
    if (!view.ok) return;
    const { deployId, mode } = view.value;
    const limits = accountLimits(await controls.limits(), deployId, mode);
    if (limits?.ok !== true) return;
    const now = systemClock.now();
    const known = realized.get(deployId) ?? new Map<string, Decimal>();
    const watched = await watchAccount(view.value, known, {
      book: controls.book,
      limits: limits.value,
      orderEnd,
      now,
    });
    realized.set(deployId, watched.realized);
    const before = modes.get(deployId) ?? "ACTIVE";
    if (before !== watched.mode.kind) log(`account ${deployId} is ${watched.mode.kind} now, it was ${before}`);
    modes.set(deployId, watched.mode.kind);
  };
  let round: Promise<void> | undefined;
  const start = (): void => {
    round ??= controls.accounts
      .running()
      .then((projects) => Promise.all(projects.map(look)))
      .then(() => undefined)
      .catch((error: unknown) => log(`account watcher: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => (round = undefined));
  };
  start();
  const timer = setInterval(start, EVERY_MILLISECONDS[profile]);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await round;
    },
  };
}
