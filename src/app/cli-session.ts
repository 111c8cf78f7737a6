import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CliSession, DeskLink, GlobalFlags } from "../cli/cli-services.ts";
import { importPrices } from "../clients/data/import-prices.ts";
import { listData } from "../clients/data/list-data.ts";
import { processStartedAt } from "../clients/process/process-identity.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { backtestFile } from "./backtest-file.ts";
import { forgetBrokerSecrets, storeBrokerSecrets } from "./broker-secrets.ts";
import { runCloudCommand } from "./cloud-command.ts";
import { clientKeys } from "./client-keys.ts";
import { ControlClient } from "./control-client.ts";
import { forgetQuantconnectCredentials, quantconnectCredentials, storeQuantconnectCredentials } from "./credentials.ts";
import { runDemo } from "./demo/run-demo.ts";
import { connectOrStart, connectToDesk } from "./desk-connection.ts";
import { endRunningCloud, runningCloud } from "./desk-cloud.ts";
import { openHome } from "./desk-home.ts";
import { examine } from "./doctor.ts";
import { installClient } from "./install-client.ts";
import { operatorKeys } from "./operator-keys.ts";
import { runHalt } from "./halt/run-halt.ts";
import { runRelay } from "./relay.ts";
import { serveClient } from "./serve-client.ts";
import { loginRemoteDesk, serveRemote } from "./serve-remote.ts";
import { signedFiles } from "./signed-files.ts";
import { startDesk } from "./start-desk.ts";
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
    serveRemote: (url) => serveRemote(config, { url, vault: vault(), interrupted }),
    loginRemoteDesk: async (url, key) => {
      const opened = vault();
      await loginRemoteDesk(opened, { url, key });
      return { vault: opened.kind, notice: opened.notice };
    },
    runDesk: async (onReady) => {
      await using desk = await startDesk(config);
      onReady();
      await Promise.race([desk.ended, untilAborted(interrupted)]);
    },
    runCloud: (request) => runCloudCommand(config, request, { cwd, interrupted }),
    halt: (request) => runHalt(config, request),
    relay: (request) => runRelay(config, request, { cwd, interrupted }),
    localCloud: () => runningCloud(openHome(config).cloudDir, vault),
    endLocalCloud: () => endRunningCloud(openHome(config).cloudDir),
    backtestFile: (request) => backtestFile(config, { ...request, cwd, trialsFile: openHome(config).trialsFile }),
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
    install: (client, print) =>
      Promise.resolve(installClient(config, { client, print, cwd, dataDirGiven: parts.flags.dataDir !== undefined })),
    doctor: () => examine(config),
    listData: async () => (await listData(config.dataFolders)).map((row) => ({ ...row })),
    importData: async (request) => importFile(config, { ...request, file: resolve(cwd, request.file) }),
    demo: (request) => runDemo(config, request),
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

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolvePromise) => {
    if (signal.aborted) resolvePromise();
    else signal.addEventListener("abort", () => resolvePromise(), { once: true });
  });
}

async function importFile(
  config: Config,
  request: {
    readonly file: string;
    readonly ticker: string;
    readonly source: string | undefined;
    readonly licence: string | undefined;
    readonly kind: "equity" | "index";
    readonly from: string | undefined;
    readonly to: string | undefined;
  },
): Promise<Readonly<Record<string, unknown>>> {
  let csv: string;
  try {
    csv = readFileSync(request.file, "utf8");
  } catch (error) {
    throw new RefusalError(
      {
        code: "FILE_UNKNOWN",
        message: `cannot read ${request.file}: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "name a CSV file with the columns date, open, high, low, close, volume",
      },
      { cause: error },
    );
  }
  const report = await importPrices({
    csv,
    ticker: request.ticker,
    folder: config.dataFolders[0] ?? join(config.dataDir, "data"),
    source: request.source ?? `imported from ${request.file.split(/[\\/]/).at(-1) ?? "a file"}`,
    licence: request.licence ?? "none stated",
    kind: request.kind,
    ...(request.from === undefined ? {} : { from: request.from }),
    ...(request.to === undefined ? {} : { to: request.to }),
  });
  return { ...report };
}
