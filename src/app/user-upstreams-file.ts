import type { UserUpstreamsFile } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import { secretsOf, upstreamSecret } from "../domain/upstream-entry.ts";
import type { Vault } from "../store/vault/vault.ts";
import { openHome } from "./desk-home.ts";
import { discoverServers } from "./discover-servers.ts";
import { entryOfKind } from "./upstream-kinds.ts";
import { readUpstreams, writeUpstreams } from "./upstream-file.ts";

/** The user's upstreams for commands: the file, and the secrets that its entries name. */
export function userUpstreamsFile(
  config: Config,
  parts: { readonly cwd: string; readonly vault: () => Vault; readonly interrupted: AbortSignal },
): UserUpstreamsFile {
  const { vault, interrupted } = parts;
  return {
    ofKind: (request) => entryOfKind(config, request),
    discover: () => discoverServers({ cwd: parts.cwd }),
    all: () => readUpstreams(config),
    put: (name, entry) => {
      openHome(config);
      writeUpstreams(config, { ...readUpstreams(config), [name]: entry });
    },
    remove: async (name) => {
      const { [name]: gone, ...rest } = readUpstreams(config);
      if (gone === undefined) return false;
      writeUpstreams(config, rest);
      const opened = vault();
      for (const { place } of secretsOf(name, gone)) await opened.delete(place);
      await opened.delete(upstreamSecret(name, "oauth", "session"));
      return true;
    },
    keepVariables: async (name, entry) => {
      const missing: string[] = [];
      if (entry.transport !== "stdio") return missing;
      for (const { what, place } of secretsOf(name, entry)) {
        const value = config.childEnvironment[what];
        if (value === undefined) missing.push(what);
        else await vault().set(place, value);
      }
      return missing;
    },
    login: async (name, talk) => {
      const { loginUpstream } = await import("./login-upstream.ts");
      return loginUpstream(config, vault(), { name, ...talk, interrupted });
    },
  };
}
