import { setTimeout as delay } from "node:timers/promises";
import { allProcesses, type SeenProcess } from "../../test/support/e2e-processes.ts";

const TARGETS = ["upstream", "serve", "desk"] as const;
export type Target = (typeof TARGETS)[number];

export interface Kills {
  readonly made: Record<Target, number>;
  /** Stops killing, and resolves when the last one is done. */
  stop(): Promise<void>;
}

/** Kills a process of a data directory with SIGKILL again and again, at random times, by random choice of its kind. */
export function startKills(
  dataDir: string,
  options: { readonly everyMilliseconds: number; readonly random: () => number },
): Kills {
  const { everyMilliseconds, random } = options;
  const made = { upstream: 0, serve: 0, desk: 0 };
  const stopping = new AbortController();
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await delay(everyMilliseconds * 2 * random(), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      // While the desk starts again there may be none of a kind.
      const there = TARGETS.filter((kind) => processesOf(dataDir, kind).length > 0);
      const target = there[Math.floor(random() * there.length)] ?? "serve";
      const victims = processesOf(dataDir, target);
      const victim = victims[Math.floor(random() * victims.length)];
      if (victim === undefined) continue;
      try {
        process.kill(victim.pid, "SIGKILL");
        made[target] += 1;
      } catch {
        // It ended by itself meanwhile.
      }
    }
  };
  const over = work();
  return {
    made,
    async stop() {
      stopping.abort();
      await over;
    },
  };
}

function processesOf(dataDir: string, target: Target): readonly SeenProcess[] {
  const all = allProcesses();
  const desks = all.filter(({ commandLine }) => commandLine.includes(`main.js desk --data-dir ${dataDir}`));
  if (target === "desk") return desks;
  if (target === "upstream") {
    const pids = new Set(desks.map(({ pid }) => pid));
    return all.filter(({ parent, commandLine }) => pids.has(parent) && commandLine.includes("quantconnect-mcp"));
  }
  // Both the launcher and the program that it becomes.
  return all.filter(({ parent, commandLine }) => parent === process.pid && commandLine.includes(" serve "));
}
