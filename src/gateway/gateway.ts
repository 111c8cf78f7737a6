import type { AuditEntry } from "../domain/audit-record.ts";
import type { CallClass } from "../domain/call-class.ts";
import { isoTime, type Clock } from "../domain/clock.ts";
import type { Envelope } from "../domain/envelope.ts";
import { parseJson } from "../domain/parse-json.ts";
import type { Profile } from "../domain/profile.ts";
import { RefusalError, type Refusal } from "../domain/refusal.ts";
import { answerBody, errorText, wholeBody } from "./answer-body.ts";
import { authorise, type AgentRole } from "./authorise.ts";
import type { CallAnswer, CallRequest } from "./call-request.ts";
import { classify, dependsOnDeployments, type DeploymentState } from "./classify.ts";
import type { DeploymentLookup } from "./deployment-lookup.ts";
import type { LedgerPort } from "./ledger-port.ts";
import { decide } from "./policy.ts";
import { argumentsHash, redacted } from "./redact.ts";
import type { Registry } from "./registry.ts";
import type { SkillAnswer, SkillContext } from "./skill.ts";
import type { PassedTool, SkillTool, Tool } from "./tool.ts";
import type { Opening, TrialRecorder } from "./trial-recorder.ts";
import type { ToolResult, UpstreamOutcome, Upstreams } from "./upstream-port.ts";
import { isShallow } from "./validate-arguments.ts";
import { LONG_RESULT, wrapLongAnswer, wrapPassedAnswer, wrapRefusal, wrapSkillAnswer } from "./wrap.ts";

export interface GatewayOptions {
  readonly registry: Registry;
  readonly upstreams: Upstreams;
  readonly ledger: LedgerPort;
  readonly trials: TrialRecorder;
  readonly roles: readonly AgentRole[];
  readonly deployments: DeploymentLookup | undefined;
  readonly artifacts: { put(content: string): Promise<string> };
  readonly clock: Clock;
  readonly newId: () => string;
  readonly profile: Profile;
  /** Replaces secrets in what leaves the gateway as text: errors and audit details. */
  readonly mask: (text: string) => string;
  readonly deadlineMilliseconds: number;
  readonly log: (message: string) => void;
}

/** A call on its way: what is known of it once it was resolved and judged. */
interface Judged {
  readonly request: CallRequest;
  readonly callId: string;
  readonly tool: Tool;
  readonly class: CallClass;
  readonly args: Readonly<Record<string, unknown>>;
}

const CANCELLED: Refusal = { code: "CANCELLED", message: "the caller cancelled the call" };
const NO_DEPLOYMENTS: DeploymentState = { liveProjects: new Set() };

/**
 * The one door. Every tool call of every principal passes `call`.
 *
 * Invariants
 * 1. Nothing is sent before its intent is durable; what cannot be recorded is refused.
 * 2. Every intent is followed by one outcome, unless the store fails in between; refusals are recorded too.
 * 3. A call that was sent and not answered is never sent again from here; unless it only reads, its outcome is UNKNOWN.
 * 4. Inner calls of a skill are calls: they pass the same steps with the same principal.
 */
export class Gateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    const callId = this.#options.newId();
    if (!isShallow(request.arguments)) {
      const refusal = { code: "ARGUMENTS_INVALID", message: `the arguments of ${request.tool} are nested too deeply` };
      return this.#refuse({ ...request, arguments: "nested too deeply" }, callId, { refusal });
    }
    const judged = await this.#judge(request, callId);
    if ("refusal" in judged) return this.#refuse(request, callId, judged);
    try {
      return judged.tool.kind === "skill"
        ? await this.#callSkill(judged, judged.tool)
        : await this.#callPassed(judged, judged.tool);
    } catch (error) {
      // Only what comes before the call can still fail here; the call itself ends as a value.
      return this.#refuse(request, callId, { refusal: this.#refusalOf(error), tool: judged.tool });
    }
  }

  /** A call of an upstream's tool that returns its whole structured answer; refusals and business errors are thrown. */
  async inner(
    request: Omit<CallRequest, "tool"> & { readonly upstream: string; readonly tool: string },
  ): Promise<Readonly<Record<string, unknown>>> {
    const { upstream, tool, ...rest } = request;
    const answer = await this.call({ ...rest, tool: this.#options.registry.passedName(upstream, tool) });
    if (answer.refusal !== undefined) throw new RefusalError(answer.refusal);
    const error = errorText(answer.result);
    if (error !== undefined) throw new RefusalError({ code: "UPSTREAM_REFUSED", message: `${tool}: ${error}` });
    return this.#wholeBody(answer.result, upstream);
  }

  async #judge(
    request: CallRequest,
    callId: string,
  ): Promise<Judged | { readonly refusal: Refusal; readonly tool?: Tool }> {
    const { registry, roles, deployments, clock } = this.#options;
    const resolved = registry.resolve(request.tool);
    if (!resolved.ok) return { refusal: resolved.refusal };
    const { tool, check } = resolved.value;
    if (request.toolset !== undefined && !tool.toolsets.includes(request.toolset)) {
      return {
        tool,
        refusal: {
          code: "TOOL_UNKNOWN",
          message: `there is no tool "${request.tool}" in toolset ${request.toolset}`,
          remedy: "serve with --toolset full to see every tool",
        },
      };
    }
    const authorised = authorise(request.principal, tool, roles);
    if (!authorised.ok) return { tool, refusal: authorised.refusal };
    const args = check(request.arguments);
    if (!args.ok) return { tool, refusal: args.refusal };
    const looksUp = tool.kind === "passed" && deployments !== undefined && dependsOnDeployments(tool.tool);
    const state = looksUp ? await deployments.state(clock.now()) : NO_DEPLOYMENTS;
    const callClass = tool.kind === "skill" ? tool.skill.class : classify(tool.tool, args.value, state);
    const verdict = decide({ principal: request.principal, tool: tool.name, class: callClass });
    if (!verdict.ok) return { tool, refusal: verdict.refusal };
    return { request, callId, tool, class: callClass, args: args.value };
  }

  async #callSkill(judged: Judged, tool: SkillTool): Promise<CallAnswer> {
    const seq = await this.#intent(judged);
    const { request, callId } = judged;
    try {
      const answer = await tool.skill.answer(judged.args, this.#context(judged));
      const envelope = this.#envelope(seq, answer);
      const text = JSON.stringify(answer.data);
      const long = text.length > LONG_RESULT && tool.name !== "run_result";
      const result = long
        ? wrapLongAnswer(answer.data, envelope, {
            hash: await this.#options.artifacts.put(text),
            characters: text.length,
          })
        : wrapSkillAnswer(answer.data, envelope);
      await this.#outcome(judged, "ok", "");
      return { callId, result };
    } catch (error) {
      const refusal = this.#refusalOf(error);
      await this.#outcome(judged, refusal.code, refusal.message);
      return { callId, refusal, result: wrapRefusal(refusal, this.#envelope(seq, { source: request.tool })) };
    }
  }

  async #callPassed(judged: Judged, tool: PassedTool): Promise<CallAnswer> {
    const { request, callId, args } = judged;
    const { trials, upstreams } = this.#options;
    const opening = await trials.prepare({ tool: tool.tool, arguments: args, callId, principal: request.principal });
    const seq = await this.#intent(judged, opening);
    const outcome = await upstreams.call({
      upstream: tool.upstream,
      tool: tool.tool,
      arguments: args,
      deadlineMilliseconds: this.#options.deadlineMilliseconds,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
    });
    const envelope = this.#envelope(seq, { source: tool.upstream });
    if (outcome.kind === "lost") {
      const refusal = this.#lost(judged, tool, outcome);
      await this.#outcome(judged, refusal.code, refusal.message);
      if (!outcome.sent) await this.#note(judged, tool, { opening, error: refusal.message });
      return { callId, refusal, result: wrapRefusal(refusal, envelope) };
    }
    const result = this.#masked(outcome.result);
    const error = errorText(result);
    await this.#outcome(judged, error === undefined ? "ok" : "UPSTREAM_REFUSED", error ?? "");
    await this.#note(judged, tool, { opening, ...(error === undefined ? { result } : { error }) });
    return { callId, result: wrapPassedAnswer(result, envelope) };
  }

  /** Lets the trial ledger see how a call ended. A fault here must not spoil the answer: the watcher tries again. */
  async #note(
    judged: Judged,
    tool: PassedTool,
    end: { readonly opening: Opening | undefined; readonly result?: ToolResult; readonly error?: string },
  ): Promise<void> {
    const { trials, log } = this.#options;
    const { opening, result, error } = end;
    try {
      if (opening !== undefined && error !== undefined) await trials.answered(opening, { error });
      if (result === undefined) return;
      if (opening !== undefined) await trials.answered(opening, { body: answerBody(result) });
      await trials.observed(tool.tool, judged.args, () => this.#wholeBody(result, tool.upstream));
    } catch (error) {
      log(`trial of call ${judged.callId} not updated: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** An upstream that repeats a secret must not hand it on. The same object where there is nothing to hide. */
  #masked(result: ToolResult): ToolResult {
    const text = JSON.stringify(result);
    const masked = this.#options.mask(text);
    // Masking changes the inside of strings only, so the shape is still that of a tool result.
    return masked === text ? result : (parseJson(masked) as ToolResult);
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

  #lost(judged: Judged, tool: PassedTool, outcome: Extract<UpstreamOutcome, { kind: "lost" }>): Refusal {
    const reason = this.#options.mask(outcome.reason);
    const cancelled = judged.request.signal?.aborted === true;
    if (cancelled && (!outcome.sent || judged.class === "read")) return CANCELLED;
    if (!outcome.sent)
      return {
        code: "UPSTREAM_UNAVAILABLE",
        message: `${tool.upstream} is not reachable: ${reason}`,
        remedy: "see `quantwright upstream list`; the call was not sent",
        retryable: true,
      };
    const how = outcome.timedOut
      ? `did not answer within ${this.#options.deadlineMilliseconds / 1000} s`
      : `gave no answer: ${reason}`;
    if (judged.class === "read")
      return {
        code: outcome.timedOut ? "DEADLINE_EXCEEDED" : "UPSTREAM_LOST",
        message: `${tool.tool} ${how}`,
        remedy: "ask again",
        retryable: true,
      };
    return {
      code: "OUTCOME_UNKNOWN",
      message: `${tool.tool} was sent and ${how}; it may have had its effect`,
      remedy: "look up what happened (list or read what it would have made) before you ask again",
    };
  }

  #context(judged: Judged): SkillContext {
    const { request, callId } = judged;
    const signal = request.signal ?? new AbortController().signal;
    return {
      principal: request.principal,
      profile: this.#options.profile,
      callId,
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
          ...(options?.evenIfCancelled === true ? {} : { signal }),
          ...(request.runId === undefined ? {} : { runId: request.runId }),
        }),
    };
  }

  async #intent(judged: Judged, opening: Opening = { trials: [] }): Promise<number> {
    const { request } = judged;
    const { seq } = await this.#options.ledger.commit({
      entry: this.#entry(judged, { kind: "intent", result: "", detail: "" }),
      ...opening,
      ...(request.intentId === undefined ? {} : { intentKey: `${request.principal}/${request.intentId}` }),
    });
    return seq;
  }

  /** What was done is done: an outcome that cannot be recorded must not be told as a call that was not made. */
  async #outcome(judged: Judged, result: string, detail: string): Promise<void> {
    const { ledger, mask, log } = this.#options;
    const entry = this.#entry(judged, { kind: "outcome", result, detail: mask(detail).slice(0, 2000) });
    await ledger.commit({ entry }).catch((error: unknown) => {
      log(`outcome ${result} of call ${judged.callId} not recorded: ${mask(String(error))}`);
    });
  }

  async #refuse(
    request: CallRequest,
    callId: string,
    refused: { readonly refusal: Refusal; readonly tool?: Tool },
  ): Promise<CallAnswer> {
    const refusal = { ...refused.refusal, message: this.#options.mask(refused.refusal.message) };
    const entry: AuditEntry = {
      kind: "refusal",
      callId,
      parentCallId: request.parentCallId ?? null,
      principal: request.principal,
      tool: this.#options.mask(request.tool).slice(0, 128),
      class: null,
      profile: this.#options.profile,
      runId: request.runId ?? null,
      argumentsHash: argumentsHash(request.arguments),
      arguments: JSON.stringify(redacted(request.arguments, this.#options.mask)) ?? "",
      result: refusal.code,
      detail: refusal.message.slice(0, 2000),
    };
    const seq = await this.#options.ledger.commit({ entry }).then(
      (record) => record.seq,
      () => undefined,
    );
    return {
      callId,
      refusal,
      result: wrapRefusal(refusal, seq === undefined ? undefined : this.#envelope(seq, { source: "gateway" })),
    };
  }

  #entry(judged: Judged, rest: Pick<AuditEntry, "kind" | "result" | "detail">): AuditEntry {
    const { request, callId, tool, args } = judged;
    return {
      ...rest,
      callId,
      parentCallId: request.parentCallId ?? null,
      principal: request.principal,
      tool: tool.name,
      class: judged.class,
      profile: this.#options.profile,
      runId: request.runId ?? null,
      argumentsHash: argumentsHash(args),
      arguments: JSON.stringify(redacted(args, this.#options.mask)),
    };
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
