import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { BrokerSecrets } from "../gateway/brokerage-secrets.ts";
import type { Vault } from "../store/vault/vault.ts";

const fieldsSchema = z.array(z.string());
const NAME = /^[a-z][a-z0-9-]{0,30}$/;
const FIELD = /^[a-z][a-z0-9-]{0,60}$/;

const place = (name: string, field: string): string => `broker/${name}/${field}`;
const listPlace = (name: string): string => `broker/${name}/.fields`;

/** Secrets of brokerages out of the vault; what is taken out is hidden from then on. */
export function brokerSecrets(vault: Vault, hide: (text: string) => void): BrokerSecrets {
  return {
    fields: async (name) => {
      const list = await vault.get(listPlace(name));
      return list === undefined ? undefined : fieldsSchema.parse(parseJson(list));
    },
    value: async (name, field) => {
      const value = await vault.get(place(name, field));
      if (value !== undefined) hide(value);
      return value;
    },
  };
}

/**
 * Stores what a brokerage wants, under a name for `credentialRef`. What was stored under it before is gone.
 * @throws RefusalError `CREDENTIALS_INVALID`
 */
export async function storeBrokerSecrets(
  vault: Vault,
  request: { readonly name: string; readonly values: ReadonlyMap<string, string> },
): Promise<void> {
  const { name, values } = request;
  const wrong = !NAME.test(name) ? name : [...values.keys()].find((field) => !FIELD.test(field));
  const empty = [...values].find(([, value]) => value === "" || /[\r\n]/.test(value))?.[0];
  if (wrong !== undefined || empty !== undefined || values.size === 0) {
    throw new RefusalError({
      code: "CREDENTIALS_INVALID",
      message:
        wrong === undefined
          ? `a value on one line was expected for ${empty ?? "each field"}`
          : `"${wrong.slice(0, 60)}" is no name of small letters, digits and hyphens`,
      remedy: "quantwright login broker NAME --field ib-user-name ib-account ib-password",
    });
  }
  await forgetBrokerSecrets(vault, name);
  for (const [field, value] of values) await vault.set(place(name, field), value);
  // Last: until then nothing can be referred to.
  await vault.set(listPlace(name), JSON.stringify([...values.keys()]));
}

/** Forgets them; whether there were any. */
export async function forgetBrokerSecrets(vault: Vault, name: string): Promise<boolean> {
  const list = await vault.get(listPlace(name));
  if (list === undefined) return false;
  for (const field of fieldsSchema.parse(parseJson(list))) await vault.delete(place(name, field));
  return vault.delete(listPlace(name));
}
