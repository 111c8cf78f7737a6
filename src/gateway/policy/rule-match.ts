import type { PolicyCondition, PolicyQuestion } from "../../domain/policy.ts";
import { isInTimeOfDay } from "./time-of-day.ts";

/**
 * Whether a condition holds for a call. A rule that `restricts` (asks or denies) speaks as soon as one symbol of the
 * call is its own, and also where the account of a trade is not known; one that `permits` must cover all of it.
 */
export function holds(when: PolicyCondition, question: PolicyQuestion, as: "restricts" | "permits"): boolean {
  return (
    isOneOf(when.principals, question.principal) &&
    isOneOf(when.tools, question.tool) &&
    (when.upstreams === undefined || (question.upstream !== null && isOneOf(when.upstreams, question.upstream))) &&
    (when.classes?.includes(question.class) ?? true) &&
    (when.profiles?.includes(question.profile) ?? true) &&
    (when.modes?.includes(question.mode) ?? true) &&
    (when.tainted === undefined || when.tainted === question.tainted) &&
    (when.composed === undefined || when.composed === (question.composedBy !== null)) &&
    (when.timeOfDay === undefined || isInTimeOfDay(when.timeOfDay, question.at)) &&
    holdsForAccount(when.accounts, question, as) &&
    holdsForSymbols(when.symbols, question.symbols, as)
  );
}

function holdsForAccount(
  accounts: readonly string[] | undefined,
  { account, class: callClass }: PolicyQuestion,
  as: "restricts" | "permits",
): boolean {
  if (accounts === undefined) return true;
  if (account !== null) return isOneOf(accounts, account);
  return as === "restricts" && (callClass === "paper" || callClass === "live");
}

function holdsForSymbols(
  patterns: readonly string[] | undefined,
  symbols: readonly string[],
  as: "restricts" | "permits",
): boolean {
  if (patterns === undefined) return true;
  if (symbols.length === 0) return false;
  const isOwn = (symbol: string): boolean => isOneOf(patterns, symbol);
  return as === "restricts" ? symbols.some(isOwn) : symbols.every(isOwn);
}

function isOneOf(patterns: readonly string[] | undefined, name: string): boolean {
  return (
    patterns?.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern)) ??
    true
  );
}
