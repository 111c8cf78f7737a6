import { createHash, randomBytes } from "node:crypto";
import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config.ts";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";
import { makeFolder } from "../clients/make-folder.ts";

const identitySchema = z.object({
  id: z.string(),
  socketKeys: z.object({ host: z.string(), cli: z.string() }),
  /** A directory for demos and tests: operators whose keys live in one process count there, and real accounts do not. */
  demo: z.boolean().default(false),
});

/** The data directory of a desk: who it is, and where its parts lie. */
export interface DeskHome {
  readonly id: string;
  readonly socketKeys: { readonly host: string; readonly cli: string };
  readonly socketPath: string;
  readonly logFile: string;
  readonly storeFile: string;
  readonly runsFile: string;
  readonly auditHeadFile: string;
  readonly artifactsDir: string;
  readonly cloudDir: string;
  readonly cloudLogFile: string;
  readonly trialsFile: string;
  /** Keys of HTTP clients, hashed. */
  readonly clientKeysFile: string;
  readonly demo: boolean;
  /** While this file is there, nothing trades. */
  readonly haltFile: string;
}

/**
 * Opens the data directory, made at first use (mode 700) with an identity of its own.
 * @throws RefusalError `DATA_DIR_UNUSABLE` where it cannot be written, `DEMO_DIRECTORY` where a demo's would reach out.
 */
export function openHome(config: Config): DeskHome {
  const { dataDir } = config;
  try {
    makeFolder(dataDir, 0o700);
    // Another command may have made it first, for everybody to read.
    if (process.platform !== "win32" && (statSync(dataDir).mode & 0o077) !== 0) chmodSync(dataDir, 0o700);
    openOwnDataFolder(config);
    makeFolder(config.runtimeDir, 0o700);
    privateFolder(config.runtimeDir);
    const identity = identityIn(join(dataDir, "desk.json"), false);
    if (identity.demo && config.profile !== "local") throw demoDirectory(dataDir, config.profile);
    const short = createHash("sha256").update(dataDir).digest("hex").slice(0, 20);
    return {
      ...identity,
      socketPath:
        process.platform === "win32" ? `\\\\.\\pipe\\quantwright-${short}` : join(config.runtimeDir, `${short}.sock`),
      logFile: join(dataDir, "desk.log"),
      storeFile: join(dataDir, "desk.db"),
      runsFile: join(dataDir, "runs.db"),
      auditHeadFile: join(dataDir, "audit-head.json"),
      artifactsDir: join(dataDir, "artifacts"),
      cloudDir: join(dataDir, "cloud"),
      cloudLogFile: join(dataDir, "cloud.log"),
      trialsFile: join(dataDir, "trials.jsonl"),
      clientKeysFile: join(dataDir, "client-keys.json"),
      haltFile: join(dataDir, "HALT"),
    };
  } catch (error) {
    if (error instanceof RefusalError) throw error;
    throw new RefusalError(
      {
        code: "DATA_DIR_UNUSABLE",
        message: `the data directory ${dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "make it writable, free disk space, or choose another with --data-dir or QUANTWRIGHT_HOME",
      },
      { cause: error },
    );
  }
}

/** Makes the data directory's own folder of market data, so that sandboxes can be given it while it is still empty. */
export function openOwnDataFolder(config: Config): void {
  if (config.settings.dataFolder === undefined) makeFolder(join(config.dataDir, "data"), 0o700);
}

/**
 * Makes a new data directory one for a demo or a test, before anything opens it: operators whose keys live in one
 * process count there, and it never reaches an account.
 * @throws RefusalError `DEMO_DIRECTORY` where it is a desk's already that was not made for a demo.
 */
export function createDemoHome(dataDir: string): void {
  makeFolder(dataDir, 0o700);
  if (identityIn(join(dataDir, "desk.json"), true).demo) return;
  throw new RefusalError({
    code: "DEMO_DIRECTORY",
    message: `the data directory ${dataDir} was not made for a demo and cannot become one`,
    remedy: "use a new data directory",
  });
}

function demoDirectory(dataDir: string, profile: string): RefusalError {
  return new RefusalError({
    code: "DEMO_DIRECTORY",
    message: `the data directory ${dataDir} was made for a demo: it reaches the local cloud only, not profile ${profile}`,
    remedy: "use another data directory with --data-dir or QUANTWRIGHT_HOME",
  });
}

function identityIn(file: string, demo: boolean): z.infer<typeof identitySchema> {
  try {
    return identitySchema.parse(parseJson(readFileSync(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new RefusalError(
        {
          code: "DATA_DIR_UNUSABLE",
          message: `${file} does not hold the identity of a desk`,
          remedy: "restore it from a backup, or use another data directory",
        },
        { cause: error },
      );
    }
  }
  const identity = {
    id: randomBytes(8).toString("hex"),
    socketKeys: { host: randomBytes(32).toString("hex"), cli: randomBytes(32).toString("hex") },
    demo,
  };
  const part = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(part, JSON.stringify(identity), { mode: 0o600 });
  try {
    // Two commands may be first at once: a link is made by one of them only, and whole.
    linkSync(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return identitySchema.parse(parseJson(readFileSync(file, "utf8")));
  } finally {
    rmSync(part, { force: true });
  }
  return identity;
}

/** A folder that somebody else may write would let him put a socket of his own there. */
function privateFolder(folder: string): void {
  if (process.platform === "win32") return;
  const { uid, mode } = statSync(folder);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new RefusalError({
      code: "DATA_DIR_UNUSABLE",
      message: `the folder for sockets ${folder} belongs to another user`,
      remedy: "set XDG_RUNTIME_DIR to a folder of your own",
    });
  }
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
}
