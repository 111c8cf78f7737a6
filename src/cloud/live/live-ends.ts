import type { CommandResult, LiveEnd } from "../../lean/live/live-protocol.ts";

/** Ends that are no fault of the code: it can be started again. */
export function isCrash({ status, error }: LiveEnd): boolean {
  return status === "RuntimeError" && ["SANDBOX_CRASHED", "SANDBOX_FAULT"].includes(error?.code ?? "");
}

/** The answer to a command that no algorithm took. */
export function notHeard(message: string): CommandResult {
  return { id: "", name: "", success: false, message };
}
