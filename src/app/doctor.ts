import { accessSync, constants, statfsSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../cli/cli-services.ts";
import { createSandboxPool } from "../clients/sandbox/sandbox-pool.ts";
import type { Config } from "../config.ts";
import { activeOperators } from "../domain/operator.ts";
import { RefusalError } from "../domain/refusal.ts";
import { operatorsTampered } from "../gateway/approvals/operator-list.ts";
import { readOperators } from "../store/operators/operator-list-file.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { quantconnectCredentials } from "./credentials.ts";
import { connectToDesk } from "./desk-connection.ts";
import { openHome } from "./desk-home.ts";
import { accountChecks, localLimitsCheck } from "./look-at-account.ts";
import { serverCheck } from "./doctor-server.ts";
import { tradingCheck } from "./doctor-trading.ts";
import { listData } from "../clients/data/list-data.ts";

const ENOUGH_BYTES = 500 * 1024 * 1024;

async function checked(
  name: string,
  work: () => Promise<Omit<CheckResult, "name">> | Omit<CheckResult, "name">,
): Promise<CheckResult> {
  try {
    return { name, ...(await work()) };
  } catch (error) {
    if (error instanceof RefusalError)
      return {
        name,
        state: "failed",
        detail: error.refusal.message,
        ...(error.refusal.remedy === undefined ? {} : { remedy: error.refusal.remedy }),
      };
    return { name, state: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Looks at everything that the desk needs, one after another; each finding names the command that fixes it. */
export async function* examine(config: Config): AsyncGenerator<CheckResult> {
  yield checked("node", () => ({ state: "ok", detail: `${process.versions.node} at ${config.nodePath}` }));
  yield checked("data directory", () => {
    openHome(config);
    accessSync(config.dataDir, constants.W_OK | constants.R_OK);
    return { state: "ok", detail: config.dataDir };
  });
  yield checked("disk space", () => {
    const { bavail, bsize } = statfsSync(config.dataDir);
    const free = bavail * bsize;
    return free < ENOUGH_BYTES
      ? {
          state: "warning",
          detail: `${Math.round(free / 1048576)} MB free`,
          remedy: "free some disk space: the interpreter's snapshot alone takes 35 MB",
        }
      : { state: "ok", detail: `${(free / 1073741824).toFixed(1)} GB free` };
  });
  yield checked("secrets", () => {
    const vault = openVault({ dataDir: config.dataDir, id: openHome(config).id, prefer: config.vault });
    return vault.notice === undefined
      ? { state: "ok", detail: "OS keychain" }
      : {
          state: "warning",
          detail: vault.notice,
          remedy: "install and unlock a Secret Service (such as gnome-keyring) and use a new data directory",
        };
  });
  yield checked("account", async () => {
    const vault = openVault({ dataDir: config.dataDir, id: openHome(config).id, prefer: config.vault });
    const known = await quantconnectCredentials(config, vault);
    if (known !== undefined)
      return { state: "ok", detail: `QuantConnect user ${known.userId}, from the ${known.from}` };
    return {
      state: config.profile === "quantconnect" ? "failed" : "warning",
      detail: "no QuantConnect credentials; profile local works without",
      remedy: "quantwright login quantconnect",
    };
  });
  if (config.profile === "local") yield localLimitsCheck(config);
  else yield* await accountChecks(config);
  yield checked("market data", async () => {
    const rows = await listData(config.dataFolders);
    return rows.length === 0
      ? { state: "warning", detail: "nothing is stored", remedy: "quantwright data import FILE.csv --ticker TICKER" }
      : {
          state: "ok",
          detail: `${rows.length} series: ${rows
            .slice(0, 5)
            .map(({ ticker }) => ticker)
            .join(", ")}`,
        };
  });
  yield checked("sandbox", () => sandboxCheck(config));
  yield checked("operators", () => operatorsCheck(config));
  yield checked("desk", () => deskCheck(config));
  yield checked("trading", () => tradingCheck(config));
  yield checked("quantconnect server", () => serverCheck(config));
}

async function sandboxCheck(config: Config): Promise<Omit<CheckResult, "name">> {
  await using pool = createSandboxPool({
    dataFolders: config.dataFolders,
    cacheFolder: config.cacheDir,
    nodePath: config.nodePath,
    concurrency: 1,
    log: () => undefined,
  });
  const report = await pool.compile({
    "main.py":
      "from AlgorithmImports import *\n\nclass Probe(QCAlgorithm):\n    def initialize(self):\n        self.set_cash(1)\n",
  });
  return report.ok
    ? { state: "ok", detail: "compiles an algorithm" }
    : { state: "failed", detail: report.diagnostics.map(({ message }) => message).join("; ") };
}

/** Looks at the list by itself: a list that was replaced must show also while no desk runs. */
async function operatorsCheck(config: Config): Promise<Omit<CheckResult, "name">> {
  const { id: desk, demo } = openHome(config);
  const vault = openVault({ dataDir: config.dataDir, id: desk, prefer: config.vault });
  const state = await readOperators({ file: join(config.dataDir, "operators.json"), vault, identity: { desk, demo } });
  if (state.kind === "tampered") {
    const { message, remedy } = operatorsTampered(state.reason);
    return { state: "failed", detail: message, ...(remedy === undefined ? {} : { remedy }) };
  }
  const names = state.kind === "none" ? [] : activeOperators(state.list, demo).map(({ name }) => name);
  return names.length === 0
    ? {
        state: "warning",
        detail: "nobody is enrolled who could approve; what trades or changes rights is refused",
        remedy: "quantwright operators add NAME",
      }
    : { state: "ok", detail: names.join(", ") };
}

async function deskCheck(config: Config): Promise<Omit<CheckResult, "name">> {
  const running = await connectToDesk(config, { kind: "cli", channel: "control" });
  running?.socket.destroy();
  if (running === undefined) return { state: "ok", detail: "not running; commands that need it start it" };
  const { quantwright: version, pid } = running.greeting;
  return version === config.version
    ? { state: "ok", detail: `runs (pid ${pid})` }
    : {
        state: "warning",
        detail: `runs as version ${version}, this is ${config.version}`,
        remedy: "quantwright down",
      };
}
