import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";
import { isSecretField, type BrokerSecrets } from "../gateway/brokerage-secrets.ts";
import type { Vault } from "../store/vault/vault.ts";

const fieldsSchema = z.array(z.string());
const NAME = /^[a-z][a-z0-9-]{0,30}$/;
const FIELD = /^[a-z][a-z0-9-]{0,60}$/;

const place = (name: string, field: string): string => `broker/${name}/${field}`;
/** The names that there are. No name of a brokerage begins with a dot. */
const NAMES = "broker/.names";
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

/** Hides what was stored before this desk started: what a server was once sent it may tell at any time. */
export async function hideBrokerSecrets(vault: Vault, hide: (text: string) => void): Promise<void> {
  for (const name of await namesIn(vault)) {
    const list = await vault.get(listPlace(name));
    const fields = list === undefined ? [] : fieldsSchema.parse(parseJson(list));
    for (const field of fields.filter(isSecretField)) {
      const value = await vault.get(place(name, field));
      if (value !== undefined) hide(value);
    }
  }
}

async function namesIn(vault: Vault): Promise<readonly string[]> {
  const names = await vault.get(NAMES);
  return names === undefined ? [] : fieldsSchema.parse(parseJson(names));
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
  const others = (await namesIn(vault)).filter((one) => one !== name);
  await vault.set(NAMES, JSON.stringify([...others, name]));
  // Last: until then nothing can be referred to.
  await vault.set(listPlace(name), JSON.stringify([...values.keys()]));
}

/** Forgets them; whether there were any. */
export async function forgetBrokerSecrets(vault: Vault, name: string): Promise<boolean> {
  const list = await vault.get(listPlace(name));
  if (list === undefined) return false;
  for (const field of fieldsSchema.parse(parseJson(list))) await vault.delete(place(name, field));
  const deleted = await vault.delete(listPlace(name));
  await vault.set(NAMES, JSON.stringify((await namesIn(vault)).filter((one) => one !== name)));
  return deleted;
}
