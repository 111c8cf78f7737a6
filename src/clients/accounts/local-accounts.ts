import { createHash } from "node:crypto";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import type { Accounts, AccountView } from "../../gateway/accounts/account-view.ts";
import { localAccountSchema, refusalSchema } from "./local-account-schema.ts";
import { localAccountView } from "./local-account-view.ts";

export interface LocalAccountsOptions {
  /** Base of the local cloud's API; it may move when the cloud starts anew. */
  readonly url: () => string;
  readonly userId: string;
  readonly token: string;
  /** Seconds since the epoch, for the API's stamp. */
  readonly seconds: () => number;
  readonly deadlineMilliseconds: number;
}

/** Accounts of the local cloud, asked anew each time: the broker answers at once with positions, orders and quotes. */
export function localAccounts(options: LocalAccountsOptions): Accounts {
  return {
    async view(projectId) {
      try {
        return parsed(projectId, await ask(options, projectId));
      } catch (error) {
        return unavailable(projectId, error instanceof Error ? error.message : String(error));
      }
    },
  };
}

async function ask(options: LocalAccountsOptions, projectId: number): Promise<unknown> {
  const stamp = String(options.seconds());
  const hash = createHash("sha256").update(`${options.token}:${stamp}`).digest("hex");
  const response = await fetch(`${options.url()}/quantwright/account/read`, {
    method: "POST",
    headers: {
      Authorization: `Basic ${Buffer.from(`${options.userId}:${hash}`).toString("base64")}`,
      Timestamp: stamp,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ projectId }),
    signal: AbortSignal.timeout(options.deadlineMilliseconds),
  });
  return response.json();
}

function parsed(projectId: number, body: unknown): Outcome<AccountView> {
  const answer = localAccountSchema.safeParse(body);
  if (answer.success) return accepted(localAccountView(answer.data.account));
  const refusal = refusalSchema.safeParse(body);
  return unavailable(projectId, refusal.success ? refusal.data.errors.join("; ") : "its answer cannot be read");
}

function unavailable(projectId: number, reason: string): Outcome<never> {
  return refused({
    code: "ACCOUNT_UNAVAILABLE",
    message: `the account of project ${projectId} cannot be seen: ${reason}`,
    remedy: "see whether it runs (`list_live_algorithms`), then ask again",
    retryable: true,
  });
}
