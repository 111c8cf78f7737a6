import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processStartedAt } from "../../src/clients/process/process-identity.ts";

/** Whether processes can be looked up here; what needs it is skipped elsewhere. */
export const HAS_PROC: boolean = process.platform === "linux";

export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

/** All processes of this machine that are no zombies. */
export function allProcesses(): SeenProcess[] {
  if (!HAS_PROC) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (state === "Z") return [];
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return [{ pid: Number(name), parent: Number(parent), commandLine }];
      } catch {
        return [];
      }
    });
}

/** A process and everything below it. */
export function familyOf(pid: number): SeenProcess[] {
  const all = allProcesses();
  const family = all.filter((one) => one.pid === pid);
  for (let index = 0; index < family.length; index += 1) {
    const parent = family[index]?.pid;
    family.push(...all.filter((one) => one.parent === parent));
  }
  return family;
}

/** Waits until `condition` holds; false when it did not within `milliseconds`. */
export async function eventually(condition: () => boolean, milliseconds = 10_000): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += 50) {
    if (condition()) return true;
    await delay(50);
  }
  return condition();
}

/** Waits until all of them are gone, and gives those that are not. */
export async function survivors(processes: readonly SeenProcess[]): Promise<readonly SeenProcess[]> {
  const alive = (): SeenProcess[] => processes.filter(({ pid }) => processStartedAt(pid) !== undefined);
  await eventually(() => alive().length === 0);
  return alive();
}
