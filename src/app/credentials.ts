import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { Vault } from "../store/vault/vault.ts";

const USER_ID = "quantconnect/user-id";
const TOKEN = "quantconnect/token";
const AUDIT_KEY = "audit/key";

/** What is known of the QuantConnect account: environment first, then the vault. */
export async function quantconnectCredentials(
  config: Config,
  vault: Vault,
): Promise<
  { readonly userId: string; readonly token: string; readonly from: "environment" | "keychain" | "file" } | undefined
> {
  if (config.environmentCredentials !== undefined) return { ...config.environmentCredentials, from: "environment" };
  const userId = await vault.get(USER_ID);
  const token = await vault.get(TOKEN);
  return userId === undefined || token === undefined ? undefined : { userId, token, from: vault.kind };
}

export async function storeQuantconnectCredentials(
  vault: Vault,
  credentials: { readonly userId: string; readonly token: string },
): Promise<void> {
  if (!/^\d{1,12}$/.test(credentials.userId)) {
    throw new RefusalError({
      code: "CREDENTIALS_INVALID",
      message: `the user id is a number, "${credentials.userId.slice(0, 20)}" came`,
      remedy: "see it on quantconnect.com under Account, API access",
    });
  }
  if (credentials.token.length < 16) {
    throw new RefusalError({
      code: "CREDENTIALS_INVALID",
      message: "the API token is too short to be one",
      remedy: "copy the whole token from quantconnect.com, Account, API access",
    });
  }
  await vault.set(USER_ID, credentials.userId);
  await vault.set(TOKEN, credentials.token);
}

export async function forgetQuantconnectCredentials(vault: Vault): Promise<boolean> {
  const had = await vault.delete(USER_ID);
  return (await vault.delete(TOKEN)) || had;
}

/** The key of the audit chain, made once. */
export async function auditKey(vault: Vault, newKey: () => string): Promise<string> {
  const known = await vault.get(AUDIT_KEY);
  if (known !== undefined) return known;
  const key = newKey();
  await vault.set(AUDIT_KEY, key);
  return key;
}
