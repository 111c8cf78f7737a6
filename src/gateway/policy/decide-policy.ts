import type { Policy, PolicyQuestion, PolicyRule } from "../../domain/policy.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { holds } from "./rule-match.ts";

/** What the policy says to a call, and by which rule; the rule is null where none speaks about it. */
export type PolicyVerdict =
  | { readonly kind: "allow"; readonly rule: PolicyRule | null }
  | { readonly kind: "approval"; readonly signatures: 1 | 2; readonly rule: PolicyRule }
  | { readonly kind: "deny"; readonly refusal: Refusal; readonly rule: PolicyRule | null };

/**
 * The policy's verdict on a call: a pure function of data. Of the rules that speak about it the strictest decides
 * (deny, two signatures, one, allow); where no rule permits it, it is denied. The user's own rules may always be
 * stricter than the shipped ones. They may be looser as far as operators signed them: by one signature where one is
 * asked for, by two where two are or where the call is denied; and for a tainted principal only by rules that speak
 * of taint.
 */
export function decidePolicy(question: PolicyQuestion, effective: EffectivePolicy): PolicyVerdict {
  if (effective.kind === "unreadable") {
    return question.class === "read" ? { kind: "allow", rule: null } : unreadable(question, effective.reason);
  }
  const shipped = verdictOf(effective.shipped, question) ?? noRule(question);
  const own = effective.own === undefined ? undefined : verdictOf(effective.own.policy, question);
  if (own === undefined || effective.own === undefined) return shipped;
  if (strictness(own) >= strictness(shipped)) return own;
  const signed = effective.own.signatures >= signaturesToLoosen(shipped);
  const speaksOfTaint = !question.tainted || own.rule?.when.tainted === true;
  return signed && speaksOfTaint ? own : shipped;
}

/** The strictest verdict on a call that any of several upstreams may answer: each is asked about by its own name, too. */
export function decideStrictest(
  question: PolicyQuestion,
  upstreams: readonly string[],
  effective: EffectivePolicy,
): PolicyVerdict {
  return upstreams
    .map((upstream) => decidePolicy({ ...question, upstream }, effective))
    .reduce(
      (strictest, verdict) => (strictness(verdict) > strictness(strictest) ? verdict : strictest),
      decidePolicy(question, effective),
    );
}

/** Undefined where no rule permits the call and none forbids it. */
function verdictOf({ rules }: Policy, question: PolicyQuestion): PolicyVerdict | undefined {
  const denying = rules.find((rule) => rule.effect === "deny" && holds(rule.when, question, "restricts"));
  if (denying?.effect === "deny") {
    return { kind: "deny", rule: denying, refusal: refusalOf(denying, question) };
  }
  const permitting = rules.filter((rule) => rule.effect !== "deny" && holds(rule.when, question, "permits"));
  if (permitting.length === 0) return undefined;
  const asking = rules
    .filter((rule) => rule.effect === "approve" && holds(rule.when, question, "restricts"))
    .map((rule) => ({ rule, signatures: rule.effect === "approve" ? rule.signatures : 1 }))
    .toSorted((a, b) => b.signatures - a.signatures)[0];
  return asking === undefined ? { kind: "allow", rule: permitting[0] ?? null } : { kind: "approval", ...asking };
}

function strictness(verdict: PolicyVerdict): number {
  if (verdict.kind === "deny") return 3;
  return verdict.kind === "approval" ? verdict.signatures : 0;
}

function signaturesToLoosen(verdict: PolicyVerdict): number {
  return verdict.kind === "approval" ? verdict.signatures : 2;
}

function refusalOf(rule: Extract<PolicyRule, { effect: "deny" }>, { tool, class: callClass }: PolicyQuestion): Refusal {
  return {
    code: rule.code,
    message: `${tool} (class ${callClass}) is denied by rule "${rule.id}" of the policy: ${rule.reason}`,
    remedy: `\`quantwright policy explain ${tool} ARGUMENTS\` shows the rule`,
  };
}

function noRule({ tool, class: callClass, principal }: PolicyQuestion): PolicyVerdict {
  return {
    kind: "deny",
    rule: null,
    refusal: {
      code: "POLICY_NO_RULE",
      message: `no rule of the policy permits ${principal} to call ${tool} (class ${callClass})`,
      remedy: "an operator can add a rule to policy.json in the data directory and sign it with `policy sign`",
    },
  };
}

function unreadable({ tool, class: callClass }: PolicyQuestion, reason: string): PolicyVerdict {
  return {
    kind: "deny",
    rule: null,
    refusal: {
      code: "POLICY_UNREADABLE",
      message: `${tool} (class ${callClass}) is denied because the policy cannot be relied on: ${reason}`,
      remedy: "correct the file, sign it again or remove it; until then only reading is allowed, and `halt` works",
    },
  };
}
