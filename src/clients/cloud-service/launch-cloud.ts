import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { forEachLine } from "../process/log-lines.ts";
import { signalGroup } from "../process/process-identity.ts";

export interface LaunchOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets what it says on its standard error, for as long as this process lives. */
  readonly log: (message: string) => void;
}

export interface LaunchedCloud {
  readonly pid: number;
  readonly url: string;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
}

const START_MILLISECONDS = 30_000;
const saidSchema = z.union([
  z.object({ url: z.string() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);
type Said = z.infer<typeof saidSchema>;

/**
 * Starts a local cloud in a session of its own, which outlives this process, and waits until it is ready.
 * @throws RefusalError `SERVICE_NOT_STARTED` with its last words.
 */
export async function launchCloud(options: LaunchOptions): Promise<LaunchedCloud> {
  const child = spawn(options.command, [...options.args], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...options.env },
  });
  let words = "";
  forEachLine(child.stderr, (line) => {
    words = `${words}${line}\n`.slice(-2000);
    options.log(`local cloud: ${line}`);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`));
  });
  const said = await Promise.race([
    firstSaid(child),
    ended.then((how) => ({ how })),
    delay(START_MILLISECONDS, { how: "it was not ready in time" }, { ref: false }),
  ]);
  if ("url" in said && child.pid !== undefined) {
    // It must not keep this process alive, nor be kept by it.
    child.unref();
    return { pid: child.pid, url: said.url, ended };
  }
  if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  await ended;
  throw notStarted(said, words.trim());
}

function notStarted(said: Said | { readonly how: string }, words: string): RefusalError {
  const reason = "error" in said ? `${said.error.code}: ${said.error.message}` : "how" in said ? said.how : "";
  return new RefusalError({
    code: "SERVICE_NOT_STARTED",
    message: `the local cloud did not start: ${[reason, words].filter((text) => text !== "").join(": ")}`,
    remedy: "see the desk's log; free the port or the disk space that it names",
  });
}

function firstSaid(child: ChildProcess): Promise<Said> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = saidSchema.safeParse(jsonOf(line));
      if (said.success) resolve(said.data);
    });
  });
}

function jsonOf(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}
