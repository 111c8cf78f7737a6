import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { startGuardian } from "../clients/guardian/guardian.ts";
import { SecretMask } from "../clients/secret-mask.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { Artifacts } from "../store/artifacts.ts";
import { openAuditHead } from "../store/audit-head.ts";
import { openAuditWatermark } from "../store/audit-watermark.ts";
import { openDatabase } from "../store/database.ts";
import { Ledger } from "../store/desk/ledger.ts";
import { deskMigrations } from "../store/desk/migrations.ts";
import { closeOpenIntents } from "../store/desk/open-intents.ts";
import type { DeskTables } from "../store/desk/schema.ts";
import { StrategyStore } from "../store/desk/strategy-store.ts";
import { TrackedOptimizationStore } from "../store/desk/tracked-optimization-store.ts";
import { TrialStore } from "../store/desk/trial-store.ts";
import { lockDesk } from "../store/desk-lock.ts";
import { RunStore } from "../store/runs/run-store.ts";
import { openVault } from "../store/vault/open-vault.ts";
import type { Vault } from "../store/vault/vault.ts";
import { hideBrokerSecrets } from "./broker-secrets.ts";
import { auditKey } from "./credentials.ts";
import { openHome, type DeskHome } from "./desk-home.ts";
import { openDeskDoors } from "./desk-doors.ts";
import { assembleGateway, type DeskCore } from "./assemble-gateway.ts";
import { logLastWords, openLog } from "./log-file.ts";
import { newId, systemClock } from "./system.ts";
import { absorbTrials } from "./absorb-trials.ts";
import { startUpstream } from "./start-upstream.ts";
import { storeLocation } from "./store-location.ts";
import { storageFault } from "./storage-fault.ts";

/** A running desk. `ended` resolves when somebody asked it to stop. */
export interface Desk extends AsyncDisposable {
  readonly core: DeskCore;
  readonly home: DeskHome;
  readonly vault: Vault;
  readonly ended: Promise<void>;
}

/** What a desk keeps on disk, opened together. */
export interface DeskStore {
  readonly database: Kysely<DeskTables>;
  readonly ledger: Ledger;
  readonly trials: TrialStore;
  readonly optimizations: TrackedOptimizationStore;
  readonly strategies: StrategyStore;
  readonly runs: RunStore;
  readonly artifacts: Artifacts;
}

/**
 * Starts the desk of a data directory: lock, secrets, store, guardian, local cloud, upstream, gateway, runs, doors.
 * Everything that was opened is closed again when a later part fails.
 */
export async function startDesk(config: Config): Promise<Desk> {
  const stack = new AsyncDisposableStack();
  const mask = new SecretMask();
  let log = (_message: string): void => undefined;
  try {
    const home = openHome(config);
    stack.use(lockDesk(config.dataDir));
    requireDataFolder(config);
    ({ log } = stack.use(openLog(home.logFile, mask)));
    stack.use(logLastWords("desk", log));
    for (const key of Object.values(home.socketKeys)) mask.add(key);
    log(`desk ${config.version} starts (pid ${process.pid}, profile ${config.profile})`);
    const vault = openVault({ dataDir: config.dataDir, id: home.id, prefer: config.vault });
    if (vault.notice !== undefined) log(vault.notice);
    await hideBrokerSecrets(vault, (text) => mask.add(text)).catch((error: unknown) =>
      log(`brokerages' secrets are hidden from their first use on only: ${String(error)}`),
    );
    const store = await openStore(config, { home, vault, mask, stack });
    const interrupted = await closeOpenIntents(store.database, store.ledger);
    if (interrupted > 0) log(`${interrupted} calls were cut off by the end of the desk before: OUTCOME_UNKNOWN`);
    const guardian = stack.use(startGuardian({ nodePath: config.nodePath, log }));
    const started = await startUpstream(config, { home, vault, mask, guardian, log });
    const { upstreams, own, cloud, address, close } = started;
    stack.defer(close);
    const parts = { home, store, vault, upstreams, own, address, mask, log, guardianPid: guardian.pid };
    const core = await assembleGateway(config, parts);
    stack.defer(() => core[Symbol.asyncDispose]());
    await absorbTrials({
      trials: store.trials,
      file: home.trialsFile,
      log,
      read: (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
      done: (file) => renameSync(file, `${file}.${newId()}.absorbed`),
    });
    const recovered = await core.runs.recover();
    if (recovered > 0) log(`${recovered} runs go on`);
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    stack.use(await openDeskDoors({ config, home, core, store, vault, cloud, log, end }));
    log("desk is ready");
    const owned = stack.move();
    return { core, home, vault, ended, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    log(`the desk does not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await stack.disposeAsync();
    throw storageFault(error, config.dataDir);
  }
}

/** A folder that the settings name may be on a disk that is not there: no backtest could run, and none could say why. */
function requireDataFolder(config: Config): void {
  const missing = config.dataFolders.find((folder) => !existsSync(folder));
  if (missing === undefined) return;
  throw new RefusalError({
    code: "DATA_FOLDER_MISSING",
    message: `the folder of market data ${missing} is not there`,
    remedy: `make it, or correct "dataFolder" in ${join(config.dataDir, "settings.json")}`,
  });
}

async function openStore(
  config: Config,
  parts: {
    readonly home: DeskHome;
    readonly vault: Vault;
    readonly mask: SecretMask;
    readonly stack: AsyncDisposableStack;
  },
): Promise<DeskStore> {
  const { home, vault, mask, stack } = parts;
  const database = await openDatabase<DeskTables>(storeLocation(config, home), deskMigrations);
  stack.defer(() => database.destroy());
  const key = await auditKey(vault, () => randomBytes(32).toString("hex"));
  mask.add(key);
  const ledger = await Ledger.open({
    database,
    clock: systemClock,
    key,
    headFile: openAuditHead(home.auditHeadFile),
    watermark: openAuditWatermark(vault),
  });
  stack.defer(() => ledger.close());
  return {
    database,
    ledger,
    trials: new TrialStore(database),
    optimizations: new TrackedOptimizationStore(database),
    strategies: new StrategyStore(database),
    runs: new RunStore(database),
    artifacts: new Artifacts(home.artifactsDir),
  };
}
