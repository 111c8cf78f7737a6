import { setTimeout as delay } from "node:timers/promises";
import { signalGroup } from "../process/process-identity.ts";
import { isRunning, type ServiceRecord } from "./service-record.ts";

const STEP_MILLISECONDS = 25;
const GRACE_MILLISECONDS = 5000;
const LAST_MILLISECONDS = 1000;

/** Ends the process of a record, at first kindly; false when it is still there after all. */
export async function endService(record: ServiceRecord): Promise<boolean> {
  for (const [signal, patience] of [
    ["SIGTERM", GRACE_MILLISECONDS],
    ["SIGKILL", LAST_MILLISECONDS],
  ] as const) {
    if (!isRunning(record)) return true;
    signalGroup(record.pid, signal);
    if (await serviceEnded(record, patience)) return true;
  }
  return !isRunning(record);
}

/** Waits until the process of a record is gone; false when it is still there after so many milliseconds. */
export async function serviceEnded(record: ServiceRecord, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += STEP_MILLISECONDS) {
    if (!isRunning(record)) return true;
    await delay(STEP_MILLISECONDS);
  }
  return !isRunning(record);
}
