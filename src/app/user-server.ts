import type { SecretMask } from "../clients/secret-mask.ts";
import { OAuthLogin } from "../clients/upstream/oauth-login.ts";
import type { UpstreamServer } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { secretsOf, type UpstreamEntry } from "../domain/upstream-entry.ts";
import type { Vault } from "../store/vault/vault.ts";
import { tokenPlace } from "./login-upstream.ts";
import { plainEnvironment } from "./plain-environment.ts";
import { healthPolicyOf } from "./upstream-kinds.ts";

/** The server of an entry, with what it needs to be kept secret; `known` are values that lie elsewhere. */
export async function userServer(
  config: Config,
  parts: { readonly vault: Vault; readonly mask: SecretMask },
  {
    name,
    entry,
    known = {},
  }: { readonly name: string; readonly entry: UpstreamEntry; readonly known?: Readonly<Record<string, string>> },
): Promise<UpstreamServer> {
  const { vault, mask } = parts;
  const secrets = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const { what, place } of secretsOf(name, entry)) {
      const value = known[what] ?? (await vault.get(place));
      if (value === undefined) continue;
      // A user's number is no secret, and stands in answers as one.
      if (!/^\d{1,12}$/.test(value)) mask.add(value);
      // `Bearer KEY`: the key alone is as secret.
      const [, key] = /^\w+ (\S{8,})$/.exec(value) ?? [];
      if (key !== undefined) mask.add(key);
      found[what] = value;
    }
    return found;
  };
  const served = {
    name,
    health: healthPolicyOf(config, entry),
    ...(entry.instances === undefined ? {} : { instances: entry.instances }),
  };
  if (entry.transport === "stdio") {
    const env = { ...plainEnvironment(config.childEnvironment), ...(await secrets()) };
    return { ...served, command: entry.command, args: entry.args, env };
  }
  const login = entry.oauth ? new OAuthLogin(tokenPlace(name, vault, (text) => mask.add(text))) : undefined;
  const { url, transport } = entry;
  return { ...served, url, transport, identity: canonicalJson(entry), headers: secrets, login };
}
