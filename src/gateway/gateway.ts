import { isoTime, type Clock } from "../domain/clock.ts";
import type { Envelope } from "../domain/envelope.ts";
import { parseJson } from "../domain/parse-json.ts";
import type { Profile } from "../domain/profile.ts";
import { RefusalError, type Refusal } from "../domain/refusal.ts";
import { admitCall, policyVerdict, type Admitted, type AdmitParts, type Controls } from "./admit-call.ts";
import { errorText, isEffectUnknown, wholeBody } from "./answer-body.ts";
import { AuditTrail } from "./audit-trail.ts";
import type { Accounts } from "./accounts/account-view.ts";
import type { AgentRole } from "./authorise.ts";
import { fillSecrets, type BrokerSecrets } from "./brokerage-secrets.ts";
import type { CallAnswer, CallRequest } from "./call-request.ts";
import { isProjectWrite } from "./classify.ts";
import type { CompileBook } from "./compile-book.ts";
import type { DeploymentLookup } from "./deployment-lookup.ts";
import { explainCall, type Explanation } from "./explain-call.ts";
import { haltOfCall } from "./halt-of-call.ts";
import { judgeCall, type Judged, type JudgeParts } from "./judge-call.ts";
import type { LedgerPort } from "./ledger-port.ts";
import { CANCELLED, lostRefusal, unknownOutcome, upstreamRefusal } from "./lost-call.ts";
import { noteAnswer, openingOf, type Noted } from "./note-answer.ts";
import { sendCall } from "./organisation/send-call.ts";
import type { StartQueue } from "./organisation/start-queue.ts";
import { Permit } from "./permit.ts";
import type { Registry } from "./registry.ts";
import type { ReservationEnd } from "./risk/reservation.ts";
import { answeredBy, attemptsText } from "./routed-answer.ts";
import type { SkillAnswer, SkillContext } from "./skill.ts";
import type { PassedTool, SkillTool } from "./tool.ts";
import type { TrialRecorder } from "./trial-recorder.ts";
import type { ToolResult, UpstreamOutcome, Upstreams } from "./upstream-port.ts";
import { isShallow } from "./validate-arguments.ts";
import { passedAnswer } from "./passed-answer.ts";
import { LONG_RESULT, wrapLongAnswer, wrapRefusal, wrapSkillAnswer } from "./wrap.ts";

export interface GatewayOptions {
  readonly registry: Registry;
  readonly upstreams: Upstreams;
  readonly ledger: LedgerPort;
  readonly trials: TrialRecorder;
  readonly roles: readonly AgentRole[];
  readonly deployments: DeploymentLookup | undefined;
  /** Where starts wait for a node; without it they are sent at once. */
  readonly starts?: StartQueue | undefined;
  readonly accounts: Accounts;
  readonly compiles: CompileBook;
  readonly brokerSecrets: BrokerSecrets;
  readonly controls: Controls;
  readonly artifacts: { put(content: string): Promise<string> };
  readonly clock: Clock;
  readonly newId: () => string;
  readonly profile: Profile;
  /** Replaces secrets in what leaves the gateway as text: errors and audit details. */
  readonly mask: (text: string) => string;
  readonly deadlineMilliseconds: number;
  readonly log: (message: string) => void;
}

/**
 * The one door. Every tool call of every principal passes `call`.
 *
 * Invariants
 * 1. Nothing is sent before its intent is durable; what cannot be recorded is refused.
 * 2. Every intent is followed by one outcome, unless the store fails in between; refusals are recorded too.
 * 3. A call that was sent and not answered is never sent again from here; unless it only reads, its outcome is UNKNOWN.
 * 4. Inner calls of a skill are calls: they pass the same steps with the same principal. What they may do without
 *    asking is in a permit that only a decided call makes.
 * 5. The halt is looked at once more between the intent and the sending.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #audit: AuditTrail;
  readonly #judging: JudgeParts;
  readonly #admitting: AdmitParts;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#audit = new AuditTrail(options);
    this.#judging = { ...options, context: (call) => this.#context({ ...call, permit: undefined }) };
    this.#admitting = { ...options.controls, audit: this.#audit, ...options };
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    const callId = this.#options.newId();
    if (!isShallow(request.arguments)) {
      // Even a record of them would walk them.
      const refusal = { code: "ARGUMENTS_INVALID", message: `the arguments of ${request.tool} are nested too deeply` };
      return this.#refuse({ ...request, arguments: "nested too deeply" }, callId, refusal);
    }
    let admitted: Admitted;
    let noted: Noted | undefined;
    try {
      const verdict = await judgeCall(request, callId, this.#judging);
      if (!verdict.ok) return await this.#refuse(request, callId, verdict.refusal);
      const { judged } = verdict;
      const companions = async (): Promise<Noted["opening"]> => {
        noted = judged.tool.kind === "passed" ? await openingOf(judged, judged.tool, this.#options) : undefined;
        return noted?.opening;
      };
      const decided = await admitCall(judged, this.#admitting, companions);
      if (!decided.ok) return await this.#refuse(request, callId, decided.refusal);
      admitted = decided.value;
    } catch (error) {
      // Only what comes before the intent can fail here; from then on the call ends as a value.
      return this.#refuse(request, callId, this.#refusalOf(error));
    }
    const { tool } = admitted.judged;
    const halted = await this.#lastLook(admitted);
    if (halted !== undefined) return halted;
    return tool.kind === "skill" ? this.#callSkill(admitted, tool) : this.#callPassed(admitted, tool, noted);
  }

  /** A call of an upstream's tool that returns its whole structured answer; refusals and business errors are thrown. */
  async inner(
    request: Omit<CallRequest, "tool"> & { readonly upstream: string; readonly tool: string },
  ): Promise<Readonly<Record<string, unknown>>> {
    const { upstream, tool, ...rest } = request;
    const answer = await this.call({ ...rest, tool: this.#options.registry.passedName(upstream, tool) });
    if (answer.refusal !== undefined) throw new RefusalError(answer.refusal);
    const error = errorText(answer.result);
    if (error !== undefined) throw new RefusalError(upstreamRefusal(tool, answer.result, error));
    return this.#wholeBody(answer.result, upstream);
  }

  /** What would happen to a call, and why; nothing is sent, asked for or reserved. */
  async explain(request: CallRequest): Promise<Explanation> {
    const judge = async (): ReturnType<typeof judgeCall> => judgeCall(request, this.#options.newId(), this.#judging);
    const taintOf = (judged: Judged): Promise<boolean> => this.#options.controls.taint.of(request, judged.args);
    const decide = async (judged: Judged): ReturnType<typeof policyVerdict> =>
      policyVerdict(judged, await taintOf(judged), this.#admitting);
    const halt = (judged: Judged): Refusal | undefined => this.#haltRefusal(judged);
    try {
      return await explainCall(request, { ...this.#options.controls, judge, decide, halt });
    } catch (error) {
      return { tool: request.tool, refusal: this.#refusalOf(error) };
    }
  }

  #haltRefusal(judged: Judged): Refusal | undefined {
    return haltOfCall(this.#options.controls.halt, judged);
  }

  /** Whoever halts while a call is decided must not be too late for it. */
  async #lastLook(admitted: Admitted): Promise<CallAnswer | undefined> {
    const refusal = this.#haltRefusal(admitted.judged);
    if (refusal === undefined) return undefined;
    await this.#settle(admitted, "refused");
    return this.#endUnsent(admitted, refusal, "gateway");
  }

  async #callSkill(admitted: Admitted, tool: SkillTool): Promise<CallAnswer> {
    const { judged, seq } = admitted;
    const { callId } = judged;
    const permit = new Permit({
      composedBy: tool.name,
      approvalId: admitted.approvalId,
      plan: judged.plan,
    });
    try {
      const answer = await tool.skill.answer(judged.args, this.#context({ ...judged, permit }));
      await this.#settle(admitted, answer.orderEnd ?? "unknown");
      const envelope = this.#envelope(seq, answer);
      const text = JSON.stringify(answer.data);
      const long = text.length > LONG_RESULT && tool.name !== "run_result";
      const result = long
        ? wrapLongAnswer(answer.data, envelope, {
            hash: await this.#options.artifacts.put(text),
            characters: text.length,
          })
        : wrapSkillAnswer(answer.data, envelope);
      await this.#audit.outcome(judged, "ok", "");
      return { callId, result };
    } catch (error) {
      await this.#settle(admitted, "unknown");
      return this.#end(admitted, this.#refusalOf(error), tool.name);
    }
  }

  async #callPassed(admitted: Admitted, tool: PassedTool, noted: Noted | undefined): Promise<CallAnswer> {
    const { judged, seq, tainted } = admitted;
    const { request, callId, args, plan } = judged;
    const { upstreams, deadlineMilliseconds, mask, brokerSecrets } = this.#options;
    const filled = await fillSecrets(tool, args, brokerSecrets);
    if (!filled.ok) return this.#endUnsent(admitted, filled.refusal, "gateway");
    const send = (): ReturnType<typeof sendCall> =>
      sendCall(judged, tool, {
        starts: this.#options.starts,
        call: (call) => upstreams.call(call),
        arguments: filled.value,
        deadlineMilliseconds,
        forbidden: () => this.#haltRefusal(judged),
      });
    const edits = tool.speaks === "quantconnect" && isProjectWrite(tool.tool);
    const outcome = await (edits ? this.#options.compiles.editing(args["projectId"], send) : send());
    if (plan.account !== null || plan.class === "live") this.#options.deployments?.forget();
    const wrote = { tool: tool.tool, arguments: args, tainted };
    await this.#unlessFails(judged, "taint", () => this.#options.controls.taint.passed(request, wrote));
    if (outcome.kind !== "answered") {
      const refusal = outcome.kind === "refused" ? outcome.refusal : this.#lost(judged, tool, outcome);
      if (outcome.kind === "lost" && outcome.sent) return this.#end(admitted, refusal, tool.upstream);
      await this.#note(judged, tool, { noted, error: refusal.message });
      return this.#endUnsent(admitted, refusal, tool.upstream);
    }
    const result = masked(outcome.result, mask);
    const error = errorText(result);
    if (error !== undefined && plan.class !== "read" && isEffectUnknown(result)) {
      const refusal = unknownOutcome(tool.tool, `was answered with an error: ${error}`);
      await this.#audit.outcome(judged, refusal.code, refusal.message);
      return {
        callId,
        refusal,
        result: await passedAnswer(
          result,
          this.#envelope(seq, { source: tool.upstream, mode: plan.mode }),
          this.#options.artifacts,
        ),
      };
    }
    const asked = attemptsText(outcome);
    const detail = [asked, error].filter((part) => part !== undefined && part !== "").join("; ");
    await this.#audit.outcome(judged, error === undefined ? "ok" : "UPSTREAM_REFUSED", detail);
    await this.#note(judged, tool, { noted, ...(error === undefined ? { result } : { error }) });
    await (error === undefined ? this.#computes(admitted) : this.#giveBack(admitted));
    const asOf = this.#options.clock.now() - Math.round((outcome.ageSeconds ?? 0) * 1e6);
    const by = answeredBy(outcome, tool.upstream);
    const envelope = { ...this.#envelope(seq, { ...by, mode: plan.mode, asOf }), ...by };
    return { callId, result: await passedAnswer(result, envelope, this.#options.artifacts) };
  }

  #lost(judged: Judged, tool: PassedTool, outcome: Extract<UpstreamOutcome, { kind: "lost" }>): Refusal {
    if (outcome.refusal !== undefined) return outcome.refusal;
    const cancelled = judged.request.signal?.aborted === true;
    return lostRefusal({ tool, class: judged.plan.class, cancelled }, outcome, this.#options);
  }

  /** Lets the ledgers see how a call ended. A fault here must not spoil the answer: the watcher tries again. */
  #note(
    judged: Judged,
    tool: PassedTool,
    end: { readonly noted: Noted | undefined; readonly result?: ToolResult; readonly error?: string },
  ): Promise<void> {
    return this.#unlessFails(judged, "ledger", () =>
      noteAnswer(judged, tool, {
        ...end,
        ...this.#options,
        whole: (result) => this.#wholeBody(result, tool.upstream),
      }),
    );
  }

  async #unlessFails(judged: Judged, what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log(`${what} of call ${judged.callId} not updated: ${this.#options.mask(reason)}`);
    }
  }

  /** A reservation that cannot be settled stays: room is lost until it is looked up, and nothing else. */
  #settle({ judged, reservation }: Admitted, end: ReservationEnd): Promise<void> {
    if (reservation === undefined) return Promise.resolve();
    const { risk } = this.#options.controls;
    return this.#unlessFails(judged, "reservation", () => risk.settle(reservation.account, reservation.id, end));
  }

  /** What waited for a node before it began took nothing while it waited. */
  #computes({ judged, computes }: Admitted): Promise<void> {
    if (!computes) return Promise.resolve();
    const { compute } = this.#options.controls;
    return this.#unlessFails(judged, "budget", () => compute.began(judged.callId));
  }

  /** What was surely not made takes nothing of the budget. */
  #giveBack({ judged, computes }: Admitted): Promise<void> {
    if (!computes) return Promise.resolve();
    const { compute } = this.#options.controls;
    return this.#unlessFails(judged, "budget", () => compute.giveBack(judged.callId));
  }

  /** @throws RefusalError `UPSTREAM_LOST` where the rest of a long answer cannot be fetched. */
  async #wholeBody(result: ToolResult, upstream: string): Promise<Readonly<Record<string, unknown>>> {
    const { upstreams, mask } = this.#options;
    try {
      return await wholeBody(result, async (uri) => mask(await upstreams.readResource(upstream, uri)));
    } catch (error) {
      const reason = mask(error instanceof Error ? error.message : String(error));
      throw new RefusalError(
        {
          code: "UPSTREAM_LOST",
          message: `the rest of a long answer of ${upstream} did not come: ${reason}`,
          remedy: "ask again",
          retryable: true,
        },
        { cause: error },
      );
    }
  }

  #context(
    call: Pick<Judged, "request" | "callId"> &
      Partial<Pick<Judged, "intentId" | "plan">> & { readonly permit: Permit | undefined },
  ): SkillContext {
    const { request, callId, intentId, plan, permit } = call;
    const signal = request.signal ?? new AbortController().signal;
    return {
      principal: request.principal,
      profile: this.#options.profile,
      callId,
      intentKey: intentId ?? callId,
      ...(plan === undefined ? {} : { plan }),
      signal,
      now: this.#options.clock.now(),
      progress: (fraction, message) => request.onProgress?.({ progress: fraction, total: 1, message }),
      upstream: (tool, args, options) =>
        this.inner({
          principal: request.principal,
          upstream: "quantconnect",
          tool,
          arguments: args,
          parentCallId: callId,
          ...(permit === undefined ? {} : { permit }),
          ...(options?.evenIfCancelled === true ? {} : { signal }),
          ...(request.runId === undefined ? {} : { runId: request.runId }),
        }),
    };
  }

  /** The end of a call that was certainly not made. */
  async #endUnsent(admitted: Admitted, refusal: Refusal, source: string): Promise<CallAnswer> {
    await this.#giveBack(admitted);
    return this.#end(admitted, refusal, source);
  }

  /** The end of a call whose intent is recorded, with a refusal. */
  async #end({ judged, seq }: Admitted, refusal: Refusal, source: string): Promise<CallAnswer> {
    await this.#audit.outcome(judged, refusal.code, refusal.message);
    return {
      callId: judged.callId,
      refusal,
      result: wrapRefusal(refusal, this.#envelope(seq, { source, mode: judged.plan.mode })),
    };
  }

  async #refuse(request: CallRequest, callId: string, given: Refusal): Promise<CallAnswer> {
    const refusal = { ...given, message: this.#options.mask(given.message) };
    const seq = await this.#audit.refusal(request, callId, refusal);
    const envelope = seq === undefined ? undefined : this.#envelope(seq, { source: "gateway" });
    return { callId, refusal, result: wrapRefusal(refusal, envelope) };
  }

  #envelope(seq: number, answer: Pick<SkillAnswer<unknown>, "source" | "asOf" | "mode" | "runId">): Envelope {
    const { clock, profile } = this.#options;
    const now = clock.now();
    const asOf = answer.asOf ?? now;
    return {
      profile,
      mode: answer.mode ?? "none",
      asOf: isoTime(asOf),
      ageSeconds: Math.max(0, Math.round((now - asOf) / 1e6)),
      source: answer.source,
      runId: answer.runId ?? null,
      auditSeq: seq,
    };
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof RefusalError) return { ...error.refusal, message: this.#options.mask(error.refusal.message) };
    if (error instanceof Error && error.name === "AbortError") return CANCELLED;
    this.#options.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return {
      code: "INTERNAL_FAULT",
      message: this.#options.mask(error instanceof Error ? error.message : String(error)),
      remedy: "see the desk's log",
    };
  }
}

/** An upstream that repeats a secret must not hand it on. The same object where there is nothing to hide. */
function masked(result: ToolResult, mask: (text: string) => string): ToolResult {
  const text = JSON.stringify(result);
  const hidden = mask(text);
  // Masking changes the inside of strings only, so the shape is still that of a tool result.
  return hidden === text ? result : (parseJson(hidden) as ToolResult);
}
