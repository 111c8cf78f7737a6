import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processStartedAt } from "../process/process-identity.ts";
import type { ProcessRegistry } from "../process/process-registry.ts";
import type { GuardianMessage } from "./guardian-protocol.ts";

/** The desk's end of its guardian: every process group is told to it as soon as it exists. */
export interface Guardian extends ProcessRegistry, AsyncDisposable {
  readonly pid: number;
  readonly processes: ReadonlyMap<number, string>;
}

/** Starts the guardian in a session of its own, so that what kills the desk does not reach it. */
export function startGuardian(options: {
  readonly nodePath: string;
  readonly log: (message: string) => void;
}): Guardian {
  const main = fileURLToPath(new URL("main.js", import.meta.url)).replace(
    /\/src\/clients\/guardian\/main\.js$/,
    "/dist/clients/guardian/main.js",
  );
  const child = spawn(options.nodePath, [main], { stdio: ["pipe", "ignore", "ignore"], detached: true, env: {} });
  const processes = new Map<number, string>();
  child.on("error", (error) => options.log(`guardian: cannot start: ${error.message}`));
  child.on("exit", (code) => {
    if (!child.stdin.writableEnded) options.log(`guardian: ended by itself (code ${String(code)})`);
  });
  child.stdin.on("error", () => undefined);
  child.unref();
  const tell = (message: GuardianMessage): void => {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  return {
    pid: child.pid ?? 0,
    processes,
    register(pid, what) {
      const startedAt = processStartedAt(pid);
      if (startedAt === undefined) return () => undefined;
      processes.set(pid, what);
      tell({ do: "watch", pid, startedAt, what });
      return () => {
        processes.delete(pid);
        tell({ do: "forget", pid });
      };
    },
    async [Symbol.asyncDispose]() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      // From here on somebody waits for it: an unreferenced child would let the process end before.
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
