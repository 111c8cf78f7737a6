import { setTimeout as delay } from "node:timers/promises";
import type { HaltDesk } from "../../agents/halt-trading.ts";
import type { HaltTarget } from "../../clients/halt/halt-target.ts";
import { pursueHalt } from "../../clients/halt/pursue-halt.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { DeskControls } from "../desk-controls.ts";

/** A tool answers within 20 s; what is not confirmed by then is said to be so. */
const PATIENCE_MILLISECONDS = 15_000;

/** The halt that a tool asks for: the desk's latch first, then the accounts themselves. */
export function haltByTool(controls: () => DeskControls, target: () => Promise<HaltTarget | undefined>): HaltDesk {
  return async ({ projectId, flatten, reason, by }) => {
    const account = projectId === undefined ? null : await accountOf(controls(), projectId);
    await controls().halt.latch({ account, reason, by });
    const reached = await target();
    if (reached === undefined) return { accounts: [], confirmed: true };
    return pursueHalt(reached, {
      deployId: account ?? undefined,
      flatten,
      patienceMilliseconds: PATIENCE_MILLISECONDS,
      wait: (milliseconds) => delay(milliseconds),
      onState: () => undefined,
    });
  };
}

/** @throws RefusalError where the project's deployment cannot be seen: then only everything can be halted. */
async function accountOf({ accounts }: DeskControls, projectId: number): Promise<string> {
  const view = await accounts.view(projectId);
  if (view.ok) return view.value.deployId;
  throw new RefusalError({
    ...view.refusal,
    remedy: "leave projectId out to halt everything, or run `quantwright halt`",
  });
}
