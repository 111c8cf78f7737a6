import { setTimeout as delay } from "node:timers/promises";
import type { CliSession, DeskLink, GlobalFlags } from "../cli/cli-services.ts";
import { processStartedAt } from "../clients/process/process-identity.ts";
import type { Config } from "../config.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { forgetBrokerSecrets, storeBrokerSecrets } from "./broker-secrets.ts";
import { clientKeys } from "./client-keys.ts";
import { cliPrograms } from "./cli-programs.ts";
import { ControlClient } from "./control-client.ts";
import { forgetQuantconnectCredentials, quantconnectCredentials, storeQuantconnectCredentials } from "./credentials.ts";
import { connectOrStart, connectToDesk } from "./desk-connection.ts";
import { openHome } from "./desk-home.ts";
import { operatorKeys } from "./operator-keys.ts";
import { serveClient } from "./serve-client.ts";
import { signedFiles } from "./signed-files.ts";
import { systemClock } from "./system.ts";
import { userUpstreamsFile } from "./user-upstreams-file.ts";

/** Everything that commands need, for one data directory. */
export function createSession(
  config: Config,
  parts: { readonly flags: GlobalFlags; readonly cwd: string; readonly interrupted: AbortSignal },
): CliSession {
  const { cwd, interrupted } = parts;
  const vault = () => openVault({ dataDir: config.dataDir, id: openHome(config).id, prefer: config.vault });
  return {
    dataDir: config.dataDir,
    profile: config.profile,
    version: config.version,
    operatorKeys: operatorKeys(config.dataDir),
    signedFiles: signedFiles(config.dataDir, cwd),
    clientKeys: clientKeys(config),
    now: () => systemClock.now(),
    desk: () => linkToDesk(config, parts.flags),
    runningDesk: async () => {
      const running = await connectToDesk(config, { kind: "cli", channel: "control" });
      return running === undefined
        ? undefined
        : linkOver(running.socket, { started: false, version: running.greeting.quantwright });
    },
    processEnded: async (pid) => {
      for (let waited = 0; waited < 10_000; waited += 50) {
        if (processStartedAt(pid) === undefined) return true;
        await delay(50);
      }
      return false;
    },
    serve: (toolset, start) => serveClient(config, { toolset, start, profile: parts.flags.profile, interrupted }),
    serveRemote: async (url) =>
      (await import("./serve-remote.ts")).serveRemote(config, { url, vault: vault(), interrupted }),
    loginRemoteDesk: async (url, key) => {
      const opened = vault();
      const { loginRemoteDesk } = await import("./serve-remote.ts");
      await loginRemoteDesk(opened, { url, key });
      return { vault: opened.kind, notice: opened.notice };
    },
    localCloud: async () => (await import("./desk-cloud.ts")).runningCloud(openHome(config).cloudDir, vault),
    endLocalCloud: async () => (await import("./desk-cloud.ts")).endRunningCloud(openHome(config).cloudDir),
    login: async (credentials) => {
      const opened = vault();
      await storeQuantconnectCredentials(opened, credentials);
      return { vault: opened.kind, notice: opened.notice };
    },
    upstreams: userUpstreamsFile(config, { cwd, vault, interrupted }),
    storeBroker: async (name, values) => {
      const opened = vault();
      await storeBrokerSecrets(opened, { name, values });
      return { vault: opened.kind, notice: opened.notice };
    },
    forgetBroker: (name) => forgetBrokerSecrets(vault(), name),
    logout: () => forgetQuantconnectCredentials(vault()),
    credentials: async () => {
      const opened = vault();
      const known = await quantconnectCredentials(config, opened);
      return { account: known?.userId ?? null, from: known?.from ?? null, vault: opened.kind, notice: opened.notice };
    },
    ...cliPrograms(config, parts),
  };
}

async function linkToDesk(config: Config, { profile }: GlobalFlags): Promise<DeskLink> {
  const first = await connectOrStart(config, { kind: "cli", channel: "control", profile });
  if (first.greeting.quantwright === config.version)
    return linkOver(first.socket, { started: first.started, version: config.version });
  // A desk of another version is replaced once it is idle; a busy one goes on, and says which version it is.
  const old = linkOver(first.socket, { started: false, version: first.greeting.quantwright });
  const { stopping } = (await old.request("down", { onlyIfIdle: true })) as { readonly stopping: boolean };
  if (!stopping) return old;
  await old[Symbol.asyncDispose]();
  for (let waited = 0; waited < 10_000 && processStartedAt(first.greeting.pid) !== undefined; waited += 50)
    await delay(50);
  const next = await connectOrStart(config, { kind: "cli", channel: "control", profile });
  return linkOver(next.socket, { started: next.started, version: next.greeting.quantwright });
}

function linkOver(
  socket: ConstructorParameters<typeof ControlClient>[0],
  about: { readonly started: boolean; readonly version: string },
): DeskLink {
  const client = new ControlClient(socket);
  return {
    ...about,
    request: (method, params, options) => client.request(method, params, options),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
