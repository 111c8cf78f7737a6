import type { CliSession } from "../../cli/cli-services.ts";
import { haltText } from "../../domain/halt-state.ts";
import { RefusalError } from "../../domain/refusal.ts";

type Halt = (
  command: Parameters<CliSession["halt"]>[0],
) => Promise<Pick<Awaited<ReturnType<CliSession["halt"]>>, "accounts" | "confirmed">>;

/**
 * Halts the demo's account and has it flat; how that went, and how long it took.
 * @throws RefusalError `HALT_UNCONFIRMED` where nobody could see that it is flat.
 */
export async function haltDemo(halt: Halt): Promise<{ readonly states: string; readonly milliseconds: number }> {
  const begun = performance.now();
  const command = { flatten: true, account: undefined, reason: "the end of the demo", onState: () => undefined };
  const { accounts, confirmed } = await halt(command);
  const states = accounts.map(({ state }) => haltText(state)).join(", ");
  if (confirmed) return { states, milliseconds: performance.now() - begun };
  throw new RefusalError({ code: "HALT_UNCONFIRMED", message: `the demo's account is ${states}` });
}
