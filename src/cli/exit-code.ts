/** Exit codes, a public contract: 0 done, 1 failed, 2 usage, 3 refused by policy or gate, 4 needs approval. */
export const EXIT = { DONE: 0, FAILED: 1, USAGE: 2, REFUSED: 3, NEEDS_APPROVAL: 4 } as const;

const USAGE_CODES = new Set([
  "ARGUMENTS_INVALID",
  "USAGE",
  "TOOL_UNKNOWN",
  "CALL_UNKNOWN",
  "FILE_UNKNOWN",
  "CREDENTIALS_INVALID",
  "CREDENTIAL_UNKNOWN",
  "CLIENT_UNKNOWN",
  "CLIENT_KEY_EXISTS",
  "UPSTREAM_UNKNOWN",
  "UPSTREAM_EXISTS",
  "UPSTREAM_NAME_TAKEN",
  "APPROVAL_UNKNOWN",
  "OPERATOR_UNKNOWN",
  "OPERATOR_EXISTS",
  "OPERATOR_PASSPHRASE_WEAK",
  "TERMINAL_REQUIRED",
]);
const REFUSED_CODES = new Set([
  "NOT_AUTHORISED",
  "SECRET_IN_ARGUMENTS",
  "DUPLICATE_INTENT",
  "TOOL_QUARANTINED",
  "OPTIMIZATION_TOO_LARGE",
  "PRICE_STALE",
  "HALTED",
  "COMPILE_UNKNOWN",
  "COMPILE_OUTDATED",
  "ACCOUNT_UNAVAILABLE",
]);
const APPROVAL_CODES = new Set(["APPROVAL_REQUIRED", "APPROVAL_PENDING", "OPERATORS_NONE"]);

/** The families of codes with which the risk kernel, the policy and operators refuse. */
const REFUSED_FAMILY =
  /^(?:RISK|COMPUTE_BUDGET|COMPUTE_PRICE|QUOTE|SNAPSHOT|LIMITS|POLICY|RAW_COMMAND|APPROVAL|OPERATORS|OPERATOR_LAST|OPERATOR_PASSPHRASE|DEMO|DOCUMENT|REARM)(?:_|$)/;

/** The exit code of a refusal code. */
export function exitCodeOf(code: string): number {
  if (USAGE_CODES.has(code)) return EXIT.USAGE;
  if (APPROVAL_CODES.has(code)) return EXIT.NEEDS_APPROVAL;
  if (REFUSED_CODES.has(code) || REFUSED_FAMILY.test(code)) return EXIT.REFUSED;
  return EXIT.FAILED;
}
