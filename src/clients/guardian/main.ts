/**
 * The guardian: a small process at the end of a pipe that the desk holds. A desk that is killed cannot end its
 * children; the pipe closes with it, and then the guardian does.
 *
 * Invariants
 * 1. A process group is ended only if its leader is still the process that was named (pid and start time).
 * 2. The guardian ends when the pipe ends, after the groups are gone or had a SIGKILL.
 */
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { processStartedAt, signalGroup } from "../process/process-identity.ts";
import { guardianMessageSchema } from "./guardian-protocol.ts";

const watched = new Map<number, string>();
const GRACE_MILLISECONDS = 1500;

function stillThere(): number[] {
  return [...watched].filter(([pid, startedAt]) => processStartedAt(pid) === startedAt).map(([pid]) => pid);
}

async function endAll(): Promise<void> {
  for (const pid of stillThere()) signalGroup(pid, "SIGTERM");
  for (let waited = 0; waited < GRACE_MILLISECONDS && stillThere().length > 0; waited += 50) await delay(50);
  // The leader may be gone while members of its group stayed: a group that was named gets the last signal in any case.
  for (const [pid, startedAt] of watched) {
    const now = processStartedAt(pid);
    if (now === undefined || now === startedAt) signalGroup(pid, "SIGKILL");
  }
}

// The desk's terminal must not take the guardian with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const message = guardianMessageSchema.safeParse(parsed(line));
  if (!message.success) return;
  if (message.data.do === "watch") watched.set(message.data.pid, message.data.startedAt);
  else watched.delete(message.data.pid);
});
lines.on("close", () => void endAll().finally(() => process.exit(0)));

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
