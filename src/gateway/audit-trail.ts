import type { AuditEntry } from "../domain/audit-record.ts";
import type { Profile } from "../domain/profile.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { CallRequest } from "./call-request.ts";
import { estimateText } from "./compute/estimate-text.ts";
import type { Judged } from "./judge-call.ts";
import type { LedgerCommit, LedgerPort } from "./ledger-port.ts";
import { argumentsHash, keptCopy } from "./redact.ts";

export interface AuditTrailOptions {
  readonly ledger: LedgerPort;
  readonly profile: Profile;
  readonly mask: (text: string) => string;
  readonly log: (message: string) => void;
}

const LONGEST_DETAIL = 2000;

/** By whose leave a call is made: what its record says besides the call itself. */
export interface Leave {
  readonly approvalId?: string | undefined;
  readonly policyVersion?: string | undefined;
}

/** Writes what calls were about to do, how they ended, and what was refused. */
export class AuditTrail {
  readonly #options: AuditTrailOptions;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
  }

  /** The intent of a call with all that stands or falls with it; gives its number. Rejects where it is not durable. */
  async intent(judged: Judged, leave: Leave, more: Omit<LedgerCommit, "entry">): Promise<number> {
    const detail = more.compute === undefined ? "" : estimateText(more.compute.reservation.estimate);
    const entry = this.#entry(judged, { kind: "intent", result: "", detail, leave });
    const { seq } = await this.#options.ledger.commit({ entry, ...more });
    return seq;
  }

  /** What was done is done: an outcome that cannot be recorded must not be told as a call that was not made. */
  async outcome(judged: Judged, result: string, detail: string): Promise<void> {
    const { ledger, mask, log } = this.#options;
    const entry = this.#entry(judged, { kind: "outcome", result, detail: mask(detail).slice(0, LONGEST_DETAIL) });
    await ledger.commit({ entry }).catch((error: unknown) => {
      log(`outcome ${result} of call ${judged.callId} not recorded: ${mask(String(error))}`);
    });
  }

  /** A refusal of a call that was not made; its number, or undefined where even that could not be written. */
  async refusal(request: CallRequest, callId: string, refusal: Refusal): Promise<number | undefined> {
    const { ledger, profile, mask } = this.#options;
    const entry: AuditEntry = {
      kind: "refusal",
      callId,
      parentCallId: request.parentCallId ?? null,
      principal: request.principal,
      tool: mask(request.tool).slice(0, 128),
      class: null,
      profile,
      runId: request.runId ?? null,
      argumentsHash: argumentsHash(request.arguments),
      arguments: keptCopy(request.arguments, mask),
      result: refusal.code,
      detail: refusal.message.slice(0, LONGEST_DETAIL),
    };
    return ledger.commit({ entry }).then(
      ({ seq }) => seq,
      () => undefined,
    );
  }

  #entry(
    judged: Judged,
    rest: Pick<AuditEntry, "kind" | "result" | "detail"> & { readonly leave?: Leave },
  ): AuditEntry {
    const { request, callId, tool, args, plan } = judged;
    const { leave = {}, ...said } = rest;
    return {
      ...said,
      callId,
      parentCallId: request.parentCallId ?? null,
      principal: request.principal,
      tool: tool.name,
      class: plan.class,
      profile: this.#options.profile,
      runId: request.runId ?? null,
      argumentsHash: argumentsHash(args),
      arguments: keptCopy(args, this.#options.mask),
      ...(plan.account === null ? {} : { account: plan.account }),
      ...(leave.approvalId === undefined ? {} : { approvalId: leave.approvalId }),
      ...(leave.policyVersion === undefined ? {} : { policyVersion: leave.policyVersion }),
    };
  }
}
