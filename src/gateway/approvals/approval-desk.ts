import {
  transition,
  stateRefusal,
  type Approval,
  type ApprovalBinding,
  type ApprovalView,
  type SignedDecision,
} from "../../domain/approval.ts";
import { isoTime, MICROSECONDS_PER_SECOND, type Clock } from "../../domain/clock.ts";
import { activeOperators, isAlone, type Operator, type OperatorsState } from "../../domain/operator.ts";
import { principalKind } from "../../domain/principal.ts";
import { accepted, refused, type Outcome, type Refusal } from "../../domain/refusal.ts";
import { bindingDifference, bindingHashOf, decisionStatement } from "./approval-binding.ts";
import type { ApprovalStore } from "./approval-store-port.ts";
import { findOperator, operatorsNone, operatorsTampered, type DeskIdentity } from "./operator-list.ts";
import { isSignedBy, SOLO_WAIT } from "./signed-document.ts";

export interface ApprovalDeskOptions {
  readonly store: ApprovalStore;
  /** The operators of this moment. */
  readonly operators: () => Promise<OperatorsState>;
  readonly identity: DeskIdentity;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** A decision as it comes from an operator's terminal. */
export type OperatorDecision = Pick<SignedDecision, "operator" | "decision" | "at" | "signature"> & {
  readonly approvalId: string;
};

const MINUTE = 60 * MICROSECONDS_PER_SECOND;
/** How long an approval can be given and used: long enough for two signatures of one person where two are needed. */
const LIFETIME = { short: 15 * MINUTE, long: 24 * 60 * MINUTE };
/** How far the clock of an operator's terminal may be from the desk's. */
const CLOCK_SKEW = 5 * MINUTE;
const MOST_PENDING = 10;
const ATTEMPTS = 10;

/**
 * Where calls wait for operators.
 *
 * Invariants
 * 1. A signature counts for one approval, one binding, one view and one expiry, all of which are under it.
 * 2. Signatures are judged when they come and again when the approval is used, by the operators of that moment.
 * 3. Time never goes back: what was too late once stays too late (`#now`).
 * 4. Each change is a compare-and-set on the version that was judged; using is one, in the ledger's transaction.
 */
export class ApprovalDesk {
  readonly #options: ApprovalDeskOptions;
  #requests: Promise<unknown> = Promise.resolve();

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
  }

  /**
   * Asks for an approval. The same call of the same principal gets the request that is open already; one that was
   * denied is not asked again until it would have expired.
   */
  request(binding: ApprovalBinding, view: ApprovalView): Promise<Outcome<Approval>> {
    // One after another: two at once could both find room for the last one.
    const made = this.#requests.then(() => this.#request(binding, view));
    this.#requests = made.catch(() => undefined);
    return made;
  }

  /** Takes an operator's decision. */
  async sign(given: OperatorDecision): Promise<Outcome<Approval>> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const now = await this.#now();
      const kept = await this.#options.store.byId(given.approvalId);
      if (kept === undefined) return refused(unknown(given.approvalId));
      const approval = await this.#aged(kept, now);
      const over = approval.state === "pending" ? undefined : stateRefusal(approval);
      if (over !== undefined) return refused(over);
      const judged = this.#judge(approval, given, { operators: await this.#options.operators(), now });
      if (!judged.ok) return judged;
      const next = transition(approval, { kind: "signed", decision: judged.value });
      if (!next.ok || (await this.#options.store.replace(next.value, kept.version))) return next;
    }
    throw new Error(`approval ${given.approvalId} changes all the time`);
  }

  /**
   * Whether a call may use an approval now. The use itself is `useApproval` in the transaction of the call's intent:
   * of two calls that both pass here, one wins there.
   */
  async check(approvalId: string, call: ApprovalBinding): Promise<Outcome<Approval>> {
    const now = await this.#now();
    const kept = await this.#options.store.byId(approvalId);
    if (kept === undefined) return refused(unknown(approvalId));
    const approval = await this.#aged(kept, now);
    // Before its state is told: who asks with an approval of somebody else learns nothing about it.
    const different = bindingDifference(approval.binding, call);
    if (different.length > 0) return refused(altered(approvalId, different));
    const state = stateRefusal(approval);
    if (state !== undefined) return refused(state);
    const fault = this.#signatureFault(approval, await this.#options.operators());
    return fault === undefined ? accepted(approval) : refused(fault);
  }

  /** One approval as it stands now. */
  async show(approvalId: string): Promise<Outcome<Approval>> {
    const kept = await this.#options.store.byId(approvalId);
    return kept === undefined ? refused(unknown(approvalId)) : accepted(await this.#aged(kept, await this.#now()));
  }

  /** The newest approvals first, as they stand now. */
  async list(limit: number): Promise<readonly Approval[]> {
    await this.#expire(await this.#now());
    return this.#options.store.list(limit);
  }

  async #request(binding: ApprovalBinding, view: ApprovalView): Promise<Outcome<Approval>> {
    const { store, newId } = this.#options;
    const operators = await this.#options.operators();
    if (operators.kind === "none") return refused(operatorsNone());
    if (operators.kind === "tampered") return refused(operatorsTampered(operators.reason));
    const now = await this.#now();
    const open = await this.#expire(now);
    const bindingHash = bindingHashOf(binding);
    const last = (await store.lastOf(bindingHash))?.approval;
    if (last?.state === "pending" || last?.state === "approved") return accepted(last);
    const denied = last?.state === "denied" && now < last.expiresAt ? stateRefusal(last) : undefined;
    if (denied !== undefined) return refused(denied);
    const own = open.filter((one) => one.state === "pending" && one.binding.principal === binding.principal);
    if (own.length >= MOST_PENDING) return refused(tooMany(binding, own.length));
    const lifetime = binding.class === "live" || binding.signaturesNeeded === 2 ? LIFETIME.long : LIFETIME.short;
    return accepted(
      await store.add({
        id: newId(),
        state: "pending",
        binding,
        bindingHash,
        view,
        requestedAt: now,
        expiresAt: now + lifetime,
        signatures: [],
      }),
    );
  }

  /** Whether a decision counts: who signs, what, and when. */
  #judge(
    approval: Approval,
    given: OperatorDecision,
    at: { readonly operators: OperatorsState; readonly now: number },
  ): Outcome<SignedDecision> {
    const { identity } = this.#options;
    const found = findOperator(at.operators, given.operator, identity);
    if (!found.ok) return found;
    const operator = found.value;
    const statement = decisionStatement(approval, { ...given, desk: identity.desk });
    if (!isSignedBy(operator, statement, given.signature)) {
      return refused(signatureInvalid(approval.id, `the signature is not one of ${operator.name} under this approval`));
    }
    if (Math.abs(given.at - at.now) > CLOCK_SKEW) {
      const told = `signed at ${isoTime(given.at)}, but it is ${isoTime(at.now)} here; signatures are not kept for later`;
      return refused(signatureInvalid(approval.id, told));
    }
    const solo = at.operators.kind === "intact" && isAlone(operator, at.operators.list, identity.demo);
    const again = given.decision === "approve" ? secondSignature(approval, { operator, solo, now: at.now }) : undefined;
    if (again !== undefined) return refused(again);
    const { operator: name, decision, at: signedAt, signature } = given;
    return accepted({ operator: name, decision, at: signedAt, signature, receivedAt: at.now, solo });
  }

  /** Judges the signatures of an approval anew: whoever gave them must still be an operator, and so many as needed. */
  #signatureFault(approval: Approval, operators: OperatorsState): Refusal | undefined {
    const { identity } = this.#options;
    const given = approval.signatures.filter(({ decision }) => decision === "approve");
    const times = new Map<Operator, number[]>();
    for (const one of given) {
      const found = findOperator(operators, one.operator, identity);
      if (!found.ok) return found.refusal;
      if (!isSignedBy(found.value, decisionStatement(approval, { ...one, desk: identity.desk }), one.signature)) {
        return signatureInvalid(approval.id, `what is stored does not fit the signature of ${one.operator}`);
      }
      times.set(found.value, [...(times.get(found.value) ?? []), one.at]);
    }
    const worth = [...times].reduce((sum, [operator, at]) => {
      const alone = operators.kind === "intact" && isAlone(operator, operators.list, identity.demo);
      return sum + (alone && Math.max(...at) - Math.min(...at) >= SOLO_WAIT - CLOCK_SKEW ? 2 : 1);
    }, 0);
    return worth >= approval.binding.signaturesNeeded ? undefined : needsOther(approval, operators, identity.demo);
  }

  async #expire(now: number): Promise<readonly Approval[]> {
    const open = await this.#options.store.open();
    const aged: Approval[] = [];
    for (const kept of open) aged.push(await this.#aged(kept, now));
    return aged;
  }

  async #aged(kept: { readonly approval: Approval; readonly version: number }, now: number): Promise<Approval> {
    const next = transition(kept.approval, { kind: "time", at: now });
    if (!next.ok || next.value === kept.approval) return kept.approval;
    await this.#options.store.replace(next.value, kept.version);
    return next.value;
  }

  #now(): Promise<number> {
    return this.#options.store.latestTime(this.#options.clock.now());
  }
}

/** The answer to a call that has to wait: who has to do what. */
export function approvalRequired(approval: Approval): Refusal {
  const { id, binding, expiresAt, state, signatures } = approval;
  if (state === "approved") {
    return {
      code: "APPROVAL_REQUIRED",
      message: `this call was approved as ${id}, but was not made with it`,
      remedy: `repeat the call with approvalId "${id}" before ${isoTime(expiresAt)}`,
      retryable: true,
    };
  }
  const left = binding.signaturesNeeded - signatures.length;
  return {
    code: "APPROVAL_REQUIRED",
    message: `${binding.tool} (class ${binding.class}) waits as approval ${id} for ${left === 1 ? "the signature of an operator" : `${left} signatures of operators`}, until ${isoTime(expiresAt)}`,
    remedy: `an operator looks at it and signs it in a terminal: \`quantwright approvals approve ${id}\`; then repeat the call with approvalId "${id}"`,
    retryable: true,
  };
}

function secondSignature(
  approval: Approval,
  by: { readonly operator: Operator; readonly solo: boolean; readonly now: number },
): Refusal | undefined {
  const own = approval.signatures.filter(({ operator }) => operator === by.operator.name);
  if (own.length === 0) return undefined;
  const earliest = Math.max(...own.map(({ receivedAt }) => receivedAt)) + SOLO_WAIT;
  if (!by.solo) {
    return {
      code: "APPROVAL_NEEDS_OTHER_OPERATOR",
      message: `${by.operator.name} has signed approval ${approval.id}; the other signature must be of another operator`,
      remedy: "ask another operator to approve it",
    };
  }
  if (by.now >= earliest) return undefined;
  return {
    code: "APPROVAL_TOO_SOON",
    message: `${by.operator.name} is the only operator (solo): the second signature counts 12 hours after the first`,
    remedy: `sign again after ${isoTime(earliest)}, before ${isoTime(approval.expiresAt)}`,
    retryable: true,
  };
}

function needsOther(approval: Approval, operators: OperatorsState, demo: boolean): Refusal {
  const names = operators.kind === "intact" ? activeOperators(operators.list, demo).map(({ name }) => name) : [];
  return {
    code: "APPROVAL_NEEDS_OTHER_OPERATOR",
    message: `the signatures of approval ${approval.id} do not count for ${approval.binding.signaturesNeeded} any more`,
    remedy: `repeat the call without approvalId to ask anew; operators today: ${names.join(", ")}`,
  };
}

function unknown(approvalId: string): Refusal {
  return {
    code: "APPROVAL_UNKNOWN",
    message: `there is no approval "${approvalId.slice(0, 64)}"`,
    remedy: "`quantwright approvals list` shows them; call without approvalId to ask for one",
  };
}

function altered(approvalId: string, fields: readonly string[]): Refusal {
  return {
    code: "APPROVAL_ALTERED",
    message: `approval ${approvalId} is for another call: ${fields.join(", ")} ${fields.length === 1 ? "differs" : "differ"}`,
    remedy: "repeat exactly the call that was approved, or leave approvalId out to ask for this one",
  };
}

function signatureInvalid(approvalId: string, reason: string): Refusal {
  return {
    code: "APPROVAL_SIGNATURE_INVALID",
    message: `approval ${approvalId}: ${reason}`,
    remedy: "look at it again with `quantwright approvals show` and sign it anew",
  };
}

function tooMany({ principal }: ApprovalBinding, count: number): Refusal {
  return {
    code: "APPROVAL_TOO_MANY",
    message: `${principalKind(principal)} has ${count} calls waiting for approval already`,
    remedy: "wait until some are decided or expire",
    retryable: true,
  };
}
