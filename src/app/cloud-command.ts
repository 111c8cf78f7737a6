import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CliSession } from "../cli/cli-services.ts";
import { makeFolder } from "../clients/make-folder.ts";
import { SecretMask } from "../clients/secret-mask.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { openHome } from "./desk-home.ts";
import { logLastWords, openLog } from "./log-file.ts";
import { runCloud } from "./run-cloud.ts";

/** Runs a local cloud in this process until it is interrupted or, where it was started so, nobody needs it. */
export async function runCloudCommand(
  config: Config,
  request: Parameters<CliSession["runCloud"]>[0],
  { cwd, interrupted }: { readonly cwd: string; readonly interrupted: AbortSignal },
): Promise<void> {
  const folder = request.folder ?? join(config.dataDir, "cloud");
  const token = request.tokenFile === undefined ? config.cloudToken : tokenIn(resolve(cwd, request.tokenFile));
  if (token === undefined) {
    throw new RefusalError({
      code: "USAGE",
      message: "the cloud needs an API token that its clients will send",
      remedy: "add --token-file FILE; the file is made with a random token if it is not there",
    });
  }
  openCloudFolder(folder);
  const { collaborators, mostQueuedBacktests, backtestsPerMinute, faultsFile, untilIdle } = request;
  await using stack = new AsyncDisposableStack();
  const log = untilIdle ? ownLog(config, { token, stack }) : request.log;
  const cloud = stack.use(
    await runCloud(config, {
      ...request,
      settings: {
        ...(collaborators === undefined ? {} : { collaborators }),
        ...(mostQueuedBacktests === undefined ? {} : { mostQueuedBacktests }),
        ...(backtestsPerMinute === undefined ? {} : { backtestsPerMinute }),
      },
      faultsFile: faultsFile === undefined ? undefined : resolve(cwd, faultsFile),
      folder,
      token,
      organizationId: request.organizationId ?? organisationOf(folder),
      log,
    }),
  );
  if (untilIdle) log(`cloud ${config.version} answers at ${cloud.url} (pid ${process.pid})`);
  request.onReady(cloud.url);
  const why = await Promise.race([
    cloud.idle.then(() => "no desk and no live deployment needs it"),
    aborted(interrupted).then(() => "it was asked to end"),
  ]);
  if (untilIdle) log(`cloud ends: ${why}`);
}

/** The log of a cloud that outlives whoever reads its output: a file, with the token masked. */
function ownLog(
  config: Config,
  { token, stack }: { readonly token: string; readonly stack: AsyncDisposableStack },
): (message: string) => void {
  const mask = new SecretMask();
  mask.add(token);
  // Nobody may be there to read what is written; that must not end the cloud.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const { log } = stack.use(openLog(openHome(config).cloudLogFile, mask));
  stack.use(logLastWords("cloud", log));
  return log;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolvePromise) => {
    if (signal.aborted) resolvePromise();
    else signal.addEventListener("abort", () => resolvePromise(), { once: true });
  });
}

function tokenIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  const token = readFileSync(file, "utf8").trim();
  if (token.length >= 16) return token;
  throw new RefusalError({
    code: "USAGE",
    message: `${file} holds no API token: expected at least 16 characters, ${token.length} came`,
    remedy: "delete the file to have a token made",
  });
}

function openCloudFolder(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `cannot use the folder ${folder}: ${reason}`;
    const remedy = "make the folder writable, free disk space, or choose another one with --folder or --data-dir";
    throw new RefusalError({ code: "STORE_UNAVAILABLE", message, remedy }, { cause: error });
  }
}

/** The organisation of a local cloud: 32 hex digits, the same for the same folder. */
function organisationOf(folder: string): string {
  return Buffer.from(folder).toString("hex").slice(-32).padStart(32, "0");
}
