import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CliSession, GlobalFlags } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { openHome } from "./desk-home.ts";

type Programs = Pick<
  CliSession,
  | "accountChecks"
  | "runDesk"
  | "runCloud"
  | "halt"
  | "relay"
  | "backtestFile"
  | "install"
  | "doctor"
  | "restoreAuditHead"
  | "listData"
  | "importData"
  | "demo"
>;

/**
 * The commands that are programs of their own. Each is loaded by itself: most commands only talk to a desk, and start in
 * a third of the time without the rest.
 */
export function cliPrograms(
  config: Config,
  parts: { readonly flags: GlobalFlags; readonly cwd: string; readonly interrupted: AbortSignal },
): Programs {
  const { cwd, interrupted } = parts;
  return {
    runDesk: async (onReady) => {
      const { startDesk } = await import("./start-desk.ts");
      await using desk = await startDesk(config);
      onReady();
      await Promise.race([desk.ended, untilAborted(interrupted)]);
    },
    runCloud: async (request) =>
      (await import("./cloud-command.ts")).runCloudCommand(config, request, { cwd, interrupted }),
    halt: async (request) => (await import("./halt/run-halt.ts")).runHalt(config, request),
    relay: async (request) => (await import("./relay.ts")).runRelay(config, request, { cwd, interrupted }),
    backtestFile: async (request) => {
      const { backtestFile } = await import("./backtest-file.ts");
      return backtestFile(config, { ...request, cwd, trialsFile: openHome(config).trialsFile });
    },
    install: async (client, print) => {
      const { installClient } = await import("./install-client.ts");
      return installClient(config, { client, print, cwd, dataDirGiven: parts.flags.dataDir !== undefined });
    },
    async *doctor() {
      const { examine } = await import("./doctor.ts");
      yield* examine(config);
    },
    restoreAuditHead: async (consent) => (await import("./restore-audit-head.ts")).restoreAuditHead(config, consent),
    accountChecks: async () => (await import("./look-at-account.ts")).accountChecks(config),
    listData: async () => {
      const { listData } = await import("../clients/data/list-data.ts");
      return (await listData(config.dataFolders)).map((row) => ({ ...row }));
    },
    importData: async (request) => importFile(config, { ...request, file: resolve(cwd, request.file) }),
    demo: async (request) => (await import("./demo/run-demo.ts")).runDemo(config, request),
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
  request: Parameters<CliSession["importData"]>[0],
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
  const { importPrices } = await import("../clients/data/import-prices.ts");
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
