import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { encodeFrame, FrameReader } from "../../domain/length-prefixed-frame.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { MAX_REPLY_BYTES, sandboxReplySchema } from "../../lean/sandbox-protocol.ts";
import type { SandboxReply, SandboxRequest } from "../../lean/sandbox-protocol.ts";
import { permissionFlags } from "./permission-flags.ts";
import type { SandboxPaths } from "./permission-flags.ts";

/** Most of a sandbox's standard error that is kept, in bytes. */
const STDERR_BYTES = 4096;

/** An ordinary Python with our host program, for a trusted project. */
interface PythonHost {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly host: string;
  /** Takes the project's files. */
  readonly folder: string;
}

export interface SpawnSettings {
  readonly nodePath: string;
  readonly program: string;
  readonly paths: SandboxPaths;
  /** Flags of the engine's Node besides those that lock it down. */
  readonly flags?: readonly string[] | undefined;
  /** Where given, this Python runs the project's code, and starts the program as its child. */
  readonly python?: PythonHost;
  /** Told the process group of every child at once; the function returned is called when it has ended. */
  readonly registerProcess: (child: { readonly pid: number }) => () => void;
}

/** The end of a sandbox that was not asked for: what is known about it. */
function crashed(what: string, stderr: string): RefusalError {
  if (stderr.includes("heap out of memory")) {
    return new RefusalError({
      code: "MEMORY_LIMIT",
      message: "The sandbox process ran out of memory outside of Python's own.",
      remedy: "Read less data at once: fewer securities, a shorter period or coarser bars.",
    });
  }
  const detail = stderr.trim() === "" ? "" : ` It said: ${stderr.trim().slice(0, 500)}`;
  return new RefusalError({
    code: "SANDBOX_CRASHED",
    message: `The sandbox process ended before it answered (${what}).${detail}`,
    remedy: "Run it again; if it ends the same way, look for os._exit, os.abort or very deep recursion in the code.",
    retryable: true,
  });
}

/**
 * One sandbox process, in its own process group, with an empty environment (a trusted project's has its operator's). It answers one request at a time; every
 * message it sends is checked. Ends with `kill`, which nothing in the child can refuse.
 */
export class SandboxProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #reader = new FrameReader(MAX_REPLY_BYTES);
  #stderr = "";
  #failure: RefusalError | undefined;
  #listener: ((reply: SandboxReply | RefusalError) => void) | undefined;

  constructor(settings: SpawnSettings) {
    const { python } = settings;
    const flags = [...permissionFlags(settings.paths), ...(settings.flags ?? [])];
    const engine = [settings.nodePath, ...flags, settings.program];
    const [command = "", ...words] =
      python === undefined ? engine : [python.path, "-s", python.host, python.folder, ...engine];
    this.#child = spawn(command, words, {
      cwd: "/",
      env: python?.environment ?? { TZ: "UTC" },
      stdio: ["pipe", "ignore", "pipe", "pipe"],
      detached: true,
      windowsHide: true,
    });
    const { pid } = this.#child;
    const release = pid === undefined ? () => {} : settings.registerProcess({ pid });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#fail(crashed(error.message, ""));
        resolve();
      });
      this.#child.once("close", (code, signal) => {
        release();
        this.#fail(crashed(signal ?? `exit code ${code}`, this.#stderr));
        resolve();
      });
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      if (this.#stderr.length < STDERR_BYTES) this.#stderr += maskPaths(chunk.toString("utf8").slice(0, STDERR_BYTES));
    });
    // What a write to a dead child raises is told by `close`.
    this.#child.stdin?.on("error", () => {});
    this.#replies()?.on("error", () => {});
    this.#replies()?.on("data", (chunk: Buffer) => this.#receive(chunk));
  }

  /** The process id, which is the id of its process group, too. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it still can be asked. */
  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  /**
   * Sends a request and waits for the first reply of the wanted kind; `onOther` hears those on the way. Throws
   * RefusalError when the sandbox faults, breaks the protocol or ends.
   */
  async ask<T extends SandboxReply["type"]>(
    request: SandboxRequest,
    wanted: T,
    onOther?: (reply: Extract<SandboxReply, { type: "progress" | "object-store" }>) => void,
  ): Promise<Extract<SandboxReply, { type: T }>> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#listener !== undefined) throw new Error("a sandbox answers one request at a time");
    try {
      return await new Promise((resolve, reject) => {
        this.#listener = (reply) => {
          if (reply instanceof RefusalError) reject(reply);
          else if (reply.type === wanted) resolve(reply as Extract<SandboxReply, { type: T }>);
          else if (reply.type === "progress" || reply.type === "object-store") onOther?.(reply);
          else if (reply.type === "fault")
            reject(new RefusalError({ code: reply.code, message: maskPaths(reply.message) }));
          else this.#fail(this.#broken(`an unexpected message ${reply.type}`));
        };
        this.#child.stdin?.write(encodeFrame(request));
      });
    } finally {
      this.#listener = undefined;
    }
  }

  /**
   * Hears every message from now on, and at last (perhaps more than once) why there are no more: for a sandbox that
   * speaks by itself. `send` takes the place of `ask` then.
   */
  attach(listener: (reply: SandboxReply | RefusalError) => void): void {
    if (this.#listener !== undefined) throw new Error("a sandbox has one listener");
    this.#listener = listener;
    if (this.#failure !== undefined) listener(this.#failure);
  }

  /** Sends a request without waiting for anything. */
  send(request: SandboxRequest): void {
    this.#child.stdin?.write(encodeFrame(request));
  }

  /** Ends the whole process group and waits until it is gone. */
  async kill(): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      try {
        process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
    await this.#ended;
  }

  #replies(): Duplex | undefined {
    // The fourth stream was asked for as a pipe, which Node makes a duplex socket.
    return (this.#child.stdio[3] ?? undefined) as Duplex | undefined;
  }

  #receive(chunk: Buffer): void {
    const frames = this.#reader.push(chunk);
    if (!frames.ok) {
      this.#fail(this.#broken(frames.refusal.message));
      return;
    }
    for (const frame of frames.value) {
      const reply = sandboxReplySchema.safeParse(frame);
      if (reply.success) this.#listener?.(reply.data);
      else this.#fail(this.#broken(reply.error.message.slice(0, 500)));
    }
  }

  /** A sandbox that breaks the protocol is not asked again. */
  #broken(what: string): RefusalError {
    void this.kill();
    return new RefusalError({
      code: "SANDBOX_PROTOCOL",
      message: `The sandbox sent something that is no answer: ${what}`,
      remedy: "Nothing of this run was taken. Look for code that reaches into the interpreter.",
    });
  }

  #fail(failure: RefusalError): void {
    this.#failure ??= failure;
    this.#listener?.(this.#failure);
  }
}

/** Takes machine paths out of a child's last words. */
function maskPaths(text: string): string {
  return text.replaceAll(/(?:file:\/\/)?(?:\/[\w.@+-]+){2,}/g, (path) => `…/${path.slice(path.lastIndexOf("/") + 1)}`);
}
