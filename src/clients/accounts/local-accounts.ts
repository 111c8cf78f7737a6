import { z } from "zod";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import type { AccountView, WatchedAccounts } from "../../gateway/accounts/account-view.ts";
import { postToCloud, type CloudApi } from "./cloud-api.ts";
import { localAccountSchema, refusalSchema } from "./local-account-schema.ts";
import { localAccountView } from "./local-account-view.ts";

const runningSchema = z.looseObject({ live: z.array(z.looseObject({ projectId: z.int() })) });

/** Accounts of the local cloud, asked anew each time: the broker answers at once with positions, orders and quotes. */
export function localAccounts(api: CloudApi): WatchedAccounts {
  return {
    async running() {
      const { live } = runningSchema.parse(await postToCloud(api, "/live/list", { status: "Running" }));
      return live.map(({ projectId }) => projectId);
    },
    async view(projectId) {
      try {
        return parsed(projectId, await postToCloud(api, "/quantwright/account/read", { projectId }));
      } catch (error) {
        return unavailable(projectId, error instanceof Error ? error.message : String(error));
      }
    },
  };
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
    remedy: "see what runs (`get_positions` without a projectId), then ask again",
    retryable: true,
  });
}
