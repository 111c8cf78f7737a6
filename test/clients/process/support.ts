import { setTimeout as delay } from "node:timers/promises";
import { processStartedAt } from "../../../src/clients/process/process-identity.ts";

/** Whether a process is there, zombies not counted. */
export function isAlive(pid: number): boolean {
  return processStartedAt(pid) !== undefined;
}

/** Waits until something is so; fails after ten seconds. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let look = 0; look < 500; look += 1) {
    if (await isSo()) return;
    await delay(20);
  }
  throw new Error(`waited in vain: ${what}`);
}
