import { spawn } from "node:child_process";
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { Profile } from "../domain/profile.ts";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { Toolset } from "../gateway/tool.ts";
import { nextLine } from "../server/first-line.ts";
import {
  admissionSchema,
  greetingSchema,
  proofOf,
  type Greeting,
  type PrincipalKind,
} from "../server/socket-handshake.ts";
import { openHome } from "./desk-home.ts";

export interface DeskOpening {
  readonly kind: PrincipalKind;
  readonly channel: "mcp" | "control";
  readonly toolset?: Toolset;
  /** The profile that was asked for in words; a desk of another one is not used. */
  readonly profile?: Profile | undefined;
}

const HANDSHAKE_MILLISECONDS = 5000;
const START_MILLISECONDS = 60_000;

/** Connects to the running desk of the data directory; undefined when none runs. */
export async function connectToDesk(
  config: Config,
  opening: DeskOpening,
): Promise<{ readonly socket: Socket; readonly greeting: Greeting } | undefined> {
  const home = openHome(config);
  const socket = createConnection(home.socketPath);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  } catch (error) {
    socket.destroy();
    if (["ENOENT", "ECONNREFUSED"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  try {
    const greeting = greetingSchema.parse(parseJson(await nextLine(socket, HANDSHAKE_MILLISECONDS)));
    const { kind, channel, toolset, profile } = opening;
    if (profile !== undefined && greeting.profile !== undefined && greeting.profile !== profile)
      throw otherProfile(greeting, profile);
    const proof = proofOf(home.socketKeys[kind], { nonce: greeting.nonce, kind, channel });
    socket.write(`${JSON.stringify({ kind, channel, ...(toolset === undefined ? {} : { toolset }), proof })}\n`);
    const admission = admissionSchema.parse(parseJson(await nextLine(socket, HANDSHAKE_MILLISECONDS)));
    if (!admission.ok) throw new RefusalError(admission);
    return { socket, greeting };
  } catch (error) {
    socket.destroy();
    // What was said, but not understood, is another fault.
    const isHeard = error instanceof RefusalError || error instanceof z.ZodError || error instanceof SyntaxError;
    throw isHeard ? error : notGreeted(error);
  }
}

/** A desk may end at any time, also before it has said who it is. */
function notGreeted(error: unknown): RefusalError {
  const reason = error instanceof Error ? error.message : String(error);
  return new RefusalError(
    {
      code: "DESK_LOST",
      message: `the desk went away before it was asked anything: ${reason}`,
      remedy: "run the command again: it starts the desk",
      retryable: true,
    },
    { cause: error },
  );
}

function otherProfile(greeting: Greeting, profile: Profile): RefusalError {
  return new RefusalError({
    code: "PROFILE_DIFFERS",
    message: `profile ${profile} was asked for, but the desk that runs here (pid ${greeting.pid}) is of profile ${greeting.profile ?? "unknown"}`,
    remedy: "stop it with `quantwright down` and ask again, or leave --profile out to use it",
  });
}

/** Connects, and starts the desk in the background first where none runs. */
export async function connectOrStart(
  config: Config,
  opening: DeskOpening,
  signal?: AbortSignal,
): Promise<{ readonly socket: Socket; readonly greeting: Greeting; readonly started: boolean }> {
  const running = await connectToDesk(config, opening);
  if (running !== undefined) return { ...running, started: false };
  signal?.throwIfAborted();
  await startInBackground(config);
  for (let waited = 0; waited < START_MILLISECONDS; waited += 100) {
    const connected = await connectToDesk(config, opening);
    if (connected !== undefined) return { ...connected, started: true };
    await delay(100);
  }
  throw new RefusalError({
    code: "DESK_NOT_STARTED",
    message: "the desk was started but does not open its socket",
    remedy: `see its log: ${openHome(config).logFile}`,
  });
}

const readySchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }) }),
]);

/** Starts a desk that outlives this process, and waits until it says that it is ready, or why it is not. */
async function startInBackground(config: Config): Promise<void> {
  const args = [
    join(config.packageRoot, "dist", "main.js"),
    "desk",
    "--data-dir",
    config.dataDir,
    "--profile",
    config.profile,
    "--json",
  ];
  const child = spawn(config.nodePath, args, {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    cwd: config.packageRoot,
    env: { ...config.childEnvironment },
  });
  const said = new Promise<string | undefined>((resolve) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", () => setTimeout(() => resolve(undefined), 100));
    child.once("error", () => resolve(undefined));
  });
  const line = await Promise.race([said, delay(START_MILLISECONDS, undefined, { ref: false })]);
  child.unref();
  child.stdout.destroy();
  if (line === undefined) {
    throw new RefusalError({
      code: "DESK_NOT_STARTED",
      message: "the desk did not start",
      remedy: `see its log: ${openHome(config).logFile}`,
    });
  }
  const answer = readySchema.parse(parseJson(line));
  // Somebody else was quicker: his desk is as good as ours.
  if ("error" in answer && answer.error.code !== "DESK_ALREADY_RUNS") throw new RefusalError(answer.error);
}
