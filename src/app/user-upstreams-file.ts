import type { UserUpstreamsFile } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import { secretsOf, upstreamSecret, type UpstreamEntry } from "../domain/upstream-entry.ts";
import { OWN_UPSTREAM } from "../gateway/tool.ts";
import type { Vault } from "../store/vault/vault.ts";
import { openHome } from "./desk-home.ts";
import { discoverServers } from "./discover-servers.ts";
import { entryOfKind } from "./upstream-kinds.ts";
import { readUpstreamSettings, writeUpstreamSettings } from "./upstream-file.ts";

/** The user's upstreams for commands: the file, and the secrets that its entries name. */
export function userUpstreamsFile(
  config: Config,
  parts: { readonly cwd: string; readonly vault: () => Vault; readonly interrupted: AbortSignal },
): UserUpstreamsFile {
  const { vault, interrupted } = parts;
  const forget = async (name: string, entry: UpstreamEntry): Promise<void> => {
    const opened = vault();
    for (const { place } of secretsOf(name, entry)) await opened.delete(place);
    await opened.delete(upstreamSecret(name, "oauth", "session"));
  };
  return {
    ofKind: (request) => entryOfKind(config, request),
    discover: () => discoverServers({ cwd: parts.cwd }),
    all: () => readUpstreamSettings(config).upstreams,
    put: (name, entry) => {
      openHome(config);
      const settings = readUpstreamSettings(config);
      writeUpstreamSettings(config, { ...settings, upstreams: { ...settings.upstreams, [name]: entry } });
    },
    routes: () => readUpstreamSettings(config).routes,
    putRoutes: (routes) => {
      openHome(config);
      writeUpstreamSettings(config, { ...readUpstreamSettings(config), routes: [...routes] });
    },
    use: async (chosen) => {
      openHome(config);
      const { quantconnect: gone, ...settings } = readUpstreamSettings(config);
      writeUpstreamSettings(config, { ...settings, ...(chosen === undefined ? {} : { quantconnect: chosen }) });
      if (gone !== undefined) await forget(OWN_UPSTREAM, gone.entry);
    },
    remove: async (name) => {
      const settings = readUpstreamSettings(config);
      const { [name]: gone, ...upstreams } = settings.upstreams;
      if (gone === undefined) return false;
      const routes = settings.routes.filter(({ of }) => !of.includes(name));
      writeUpstreamSettings(config, { ...settings, upstreams, routes });
      await forget(name, gone);
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
