import type { OperatorsState } from "../../domain/operator.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import { isoTime } from "../../domain/clock.ts";
import { findOperator, type DeskIdentity } from "./operator-list.ts";
import { isSignedBy, type Statement } from "./signed-document.ts";

/** An operator's word that trading may go on after one halt of the desk, or of one account. */
export interface Rearming {
  /** `desk`, or the account. */
  readonly target: string;
  /** The halt that it ends; a later one needs a signature of its own. */
  readonly haltId: string;
  readonly operator: string;
  /** Microseconds UTC, by the operator's clock. */
  readonly at: number;
  readonly signature: string;
}

const OLDEST = 5 * 60 * 1_000_000;

/** What an operator signs to re-arm. */
export function rearmStatement(rearming: Omit<Rearming, "signature">, desk: string): Statement {
  const { target, haltId, operator, at } = rearming;
  return { kind: "rearm", desk, operator, at, content: { target, haltId } };
}

/** Whether a re-arming counts now, for exactly this halt; gives the operator's name. */
export function verifyRearm(
  rearming: Rearming,
  now: {
    readonly operators: OperatorsState;
    readonly identity: DeskIdentity;
    readonly target: string;
    readonly haltId: string;
    readonly at: number;
  },
): Outcome<string> {
  const found = findOperator(now.operators, rearming.operator, now.identity);
  if (!found.ok) return found;
  if (rearming.target !== now.target || rearming.haltId !== now.haltId) {
    return refused(
      invalid(`the halt of ${now.target} is ${now.haltId}, signed was ${rearming.haltId} of ${rearming.target}`),
    );
  }
  if (!isSignedBy(found.value, rearmStatement(rearming, now.identity.desk), rearming.signature)) {
    return refused(invalid(`the signature is not one of ${rearming.operator} under this re-arming`));
  }
  if (Math.abs(rearming.at - now.at) > OLDEST) {
    return refused(invalid(`it was signed at ${isoTime(rearming.at)}, and it is ${isoTime(now.at)} here`));
  }
  return accepted(found.value.name);
}

function invalid(reason: string): { readonly code: string; readonly message: string; readonly remedy: string } {
  return {
    code: "REARM_SIGNATURE_INVALID",
    message: `trading stays halted: ${reason}`,
    remedy: "run `quantwright rearm` again; it reads the present halt and asks an operator to sign",
  };
}
