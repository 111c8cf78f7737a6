import { referSecrets, type BrokerSecrets } from "./brokerage-secrets.ts";
import type { CallPlan } from "./call-plan.ts";
import { plainPlan } from "./call-plan.ts";
import type { CallRequest } from "./call-request.ts";
import { authorise, type AgentRole } from "./authorise.ts";
import { callOptions } from "./call-options.ts";
import { classify } from "./classify.ts";
import { planPassed, type PlannerParts } from "./plan-passed.ts";
import { accepted, type Refusal } from "../domain/refusal.ts";
import type { Registry } from "./registry.ts";
import type { SkillContext } from "./skill.ts";
import { OWN_UPSTREAM, type PassedTool, type Tool } from "./tool.ts";

/** A call whose tool, right, arguments and effects are known. Whether it is allowed is decided next. */
export interface Judged {
  readonly request: CallRequest;
  readonly callId: string;
  readonly tool: Tool;
  readonly args: Readonly<Record<string, unknown>>;
  readonly plan: CallPlan;
  readonly approvalId: string | undefined;
  readonly intentId: string | undefined;
}

export interface JudgeParts extends PlannerParts {
  readonly brokerSecrets: BrokerSecrets;
  readonly registry: Registry;
  readonly roles: readonly AgentRole[];
  readonly context: (call: Pick<Judged, "request" | "callId">) => SkillContext;
}

type Verdict = { readonly ok: true; readonly judged: Judged } | { readonly ok: false; readonly refusal: Refusal };

/**
 * Resolves, authorises, validates and classifies a call, by reading only.
 * @throws RefusalError where what it would do cannot be found out.
 */
export async function judgeCall(request: CallRequest, callId: string, parts: JudgeParts): Promise<Verdict> {
  const resolved = parts.registry.resolve(request.tool);
  if (!resolved.ok) return no(resolved.refusal);
  const { tool, check } = resolved.value;
  if (request.toolset !== undefined && !tool.toolsets.includes(request.toolset)) {
    return no({
      code: "TOOL_UNKNOWN",
      message: `there is no tool "${request.tool}" in toolset ${request.toolset}`,
      remedy: "serve with --toolset full to see every tool",
    });
  }
  const authorised = authorise(request.principal, tool, parts.roles);
  if (!authorised.ok) return no(authorised.refusal);
  const options = callOptions(request, tool);
  if (!options.ok) return no(options.refusal);
  const given = options.value.arguments;
  const referred = tool.kind === "passed" ? await referSecrets(tool, given, parts.brokerSecrets) : accepted(given);
  if (!referred.ok) return no(referred.refusal);
  const args = check(referred.value);
  if (!args.ok) return no(args.refusal);
  const { approvalId, intentId } = options.value;
  const known = { request, callId, approvalId, intentId };
  const plan =
    tool.kind === "passed"
      ? tool.upstream === OWN_UPSTREAM
        ? await planPassed(tool.tool, args.value, parts)
        : planElsewhere(tool, args.value)
      : ((await tool.skill.plan?.(args.value, { ...parts.context(known), intentKey: intentId ?? callId })) ??
        plainPlan(tool.skill.class));
  return { ok: true, judged: { ...known, tool, args: args.value, plan } };
}

/**
 * What a call of another server's tool would do. Of a foreign tool nobody knows, whatever it is called; of a further
 * account's only what the name and arguments say, because nobody looks at what is deployed there.
 */
function planElsewhere(tool: PassedTool, args: Readonly<Record<string, unknown>>): CallPlan {
  const callClass =
    tool.speaks === "unknown" || tool.tool === "create_live_algorithm"
      ? "live"
      : classify(tool.tool, args, { running: "unknown", flat: new Set() });
  return { ...plainPlan(callClass), mode: callClass === "live" ? "LIVE" : "none" };
}

function no(refusal: Refusal): Verdict {
  return { ok: false, refusal };
}
