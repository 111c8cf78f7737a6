import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { BacktestFileRequest } from "../cli/cli-services.ts";
import { startGuardian } from "../clients/guardian/guardian.ts";
import { createSandboxPool } from "../clients/sandbox/sandbox-pool.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { Trial } from "../domain/trial.ts";
import { artefactHash } from "../gateway/artefact-hash.ts";
import type { BacktestResult } from "../lean/backtest-result.ts";
import { algorithmFiles } from "./algorithm-files.ts";
import { trustedPython } from "./trusted-projects.ts";
import { newId, systemClock } from "./system.ts";

/** LEAN's own defaults, set in every run of its command line. */
const LEAN_PARAMETERS = { "ema-fast": "10", "ema-slow": "20" } as const;

/** Runs one algorithm file, with the Python files beside it as an import root, in a sandbox without a desk. */
export async function backtestFile(
  config: Config,
  request: BacktestFileRequest & { readonly cwd: string; readonly trialsFile: string },
): Promise<{ readonly result: BacktestResult; readonly elapsedSeconds: number; readonly trialId: string | null }> {
  const file = resolve(request.cwd, request.file);
  const files = algorithmFiles(file);
  const dataFolders =
    request.dataFolder === undefined
      ? config.dataFolders
      : [existingFolder(resolve(request.cwd, request.dataFolder)), ...config.dataFolders.slice(1)];
  const log = (): void => undefined;
  await using guardian = startGuardian({ nodePath: config.nodePath, log });
  await using pool = createSandboxPool({
    dataFolders,
    cacheFolder: config.cacheDir,
    nodePath: config.nodePath,
    trustedPython: trustedPython(config, request.python),
    concurrency: 1,
    log,
    registerProcess: ({ pid }) => guardian.register(pid, "sandbox"),
  });
  const startedAt = systemClock.now();
  request.onProgress(0, request.trust ? "starting Python" : "starting the sandbox");
  const parameters = { ...LEAN_PARAMETERS, ...request.parameters };
  const entry = basename(file);
  const trust = { isTrusted: request.trust };
  const report = await pool.compile(files, { ...trust, entry, signal: request.signal });
  if (!report.ok) {
    const faults = report.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(
        (one) =>
          `${one.file}:${one.line}:${one.column} ${one.message}${one.remedy === undefined ? "" : ` (${one.remedy})`}`,
      );
    throw new RefusalError({
      code: "BUILD_ERROR",
      message: `${entry} does not compile:\n${faults.join("\n")}`,
      remedy: "correct the lines named above",
    });
  }
  const result = await pool.backtest(
    { files, entry, parameters },
    {
      ...trust,
      signal: request.signal,
      onProgress: (progress) => request.onProgress(progress.fraction, progress.date),
    },
  );
  if (request.signal.aborted) {
    throw new RefusalError({
      code: "CANCELLED",
      message: "the backtest was interrupted: there is no result, and nothing was recorded",
      remedy: "run it again",
    });
  }
  const elapsedSeconds = (systemClock.now() - startedAt) / 1e6;
  const trialId = request.record
    ? record(request.trialsFile, { result, files, parameters: request.parameters, startedAt })
    : null;
  return { result, elapsedSeconds, trialId };
}

function existingFolder(folder: string): string {
  if (existsSync(folder)) return folder;
  throw new RefusalError({
    code: "DATA_MISSING",
    message: `there is no data folder ${folder}`,
    remedy: "name a folder in LEAN's layout, or import data with `quantwright data import`",
  });
}

function record(
  trialsFile: string,
  run: {
    readonly result: BacktestResult;
    readonly files: Readonly<Record<string, string>>;
    readonly parameters: Readonly<Record<string, string>>;
    readonly startedAt: number;
  },
): string {
  const { result } = run;
  const failed = result.status !== "Completed";
  const trial: Trial = {
    id: newId(),
    callId: "backtest-file",
    strategyId: null,
    profile: "local",
    projectId: null,
    optimizationId: null,
    backtestId: null,
    name: result.name,
    principal: "cli",
    source: "file",
    parameters: { ...run.parameters },
    artefactHash: artefactHash(
      Object.entries(run.files).map(([name, content]) => ({ name, content })),
      run.parameters,
    ),
    state: failed ? "failed" : "completed",
    openedAt: run.startedAt,
    closedAt: systemClock.now(),
    result: {
      version: 1,
      status: result.status,
      statistics: result.statistics,
      dailyReturns: result.dailyReturns,
      fills: result.fills,
      orderListHash: result.orderListHash,
      dataFingerprint: result.dataFingerprint,
      requested: result.requested,
      actual: result.actual,
      engine: result.engine,
      fidelity: result.fidelity,
      synthetic: result.synthetic,
      warnings: result.warnings,
      error: result.error?.message ?? null,
    },
    rawArtifact: null,
  };
  try {
    mkdirSync(dirname(trialsFile), { recursive: true, mode: 0o700 });
    appendFileSync(trialsFile, `${JSON.stringify(trial)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new RefusalError(
      {
        code: "TRIAL_NOT_RECORDED",
        message: `the backtest ran, but its trial cannot be written to ${trialsFile}: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "make the data directory writable, or run it with --no-record, which marks the result",
      },
      { cause: error },
    );
  }
  return trial.id;
}
