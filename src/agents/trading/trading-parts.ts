import type { Outcome } from "../../domain/refusal.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { Accounts, AccountView } from "../../gateway/accounts/account-view.ts";
import type { DeploymentState } from "../../gateway/classify.ts";

/** What the trading tools need from outside. */
export interface TradingParts {
  readonly accounts: Accounts;
  /** Running deployments by project. */
  readonly running: () => Promise<DeploymentState["running"]>;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** How often an account may be asked what became of an order, in milliseconds. */
  readonly pollMilliseconds: number;
}

/** The account of a project's running deployment. @throws RefusalError where it cannot be seen. */
export async function viewOf({ accounts }: TradingParts, projectId: number): Promise<AccountView> {
  return valueOf(await accounts.view(projectId));
}

/** Projects with a running deployment, the one that was asked for or all. @throws RefusalError where nobody knows. */
export async function runningProjects(parts: TradingParts, projectId: number | undefined): Promise<readonly number[]> {
  if (projectId !== undefined) return [projectId];
  const running = await parts.running();
  if (running !== "unknown") return [...running.keys()];
  throw new RefusalError({
    code: "ACCOUNT_UNAVAILABLE",
    message: "the cloud does not say what runs",
    remedy: "see `quantwright upstream list`, then ask again",
    retryable: true,
  });
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new RefusalError(outcome.refusal);
}
