import { z } from "zod";
import { documentSignatureSchema } from "../../domain/operator.ts";
import { controlMethod, type ControlMethod } from "../../server/control-channel.ts";
import type { HaltNotice } from "../../gateway/halt-gate.ts";
import type { DeskHalt } from "./desk-halt.ts";

const account = z.string().min(1).max(200).nullable();

/** What the status of a desk says of halts. */
export function haltStatus(halt: DeskHalt): {
  readonly halt: HaltNotice | null;
  readonly haltedAccounts: readonly HaltNotice[];
} {
  const haltedAccounts = halt.notices().filter(({ target }) => target !== "desk");
  return { halt: halt.notice(null) ?? null, haltedAccounts };
}

/** What the shell asks of the desk about halts. Anybody may close; an operator's signature opens. */
export function haltMethods(halt: DeskHalt): Readonly<Record<string, ControlMethod>> {
  return {
    "halt.latch": controlMethod(z.object({ account, reason: z.string().max(500) }), async (asked) => {
      await halt.latch({ ...asked, by: "cli" });
      return { halted: true };
    }),
    "halt.show": controlMethod(z.object({ account }), (asked) =>
      Promise.resolve({ halt: halt.notice(asked.account) ?? null }),
    ),
    "halt.list": controlMethod(z.object({}), () => Promise.resolve({ halts: halt.notices() })),
    "halt.rearm": controlMethod(
      documentSignatureSchema.extend({ target: z.string().max(200), haltId: z.string().max(300) }),
      async (rearming) => {
        await halt.rearm(rearming);
        return { rearmed: true };
      },
    ),
  };
}
