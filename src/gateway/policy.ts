import type { CallClass } from "../domain/call-class.ts";
import type { Principal } from "../domain/principal.ts";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";

/** What a policy looks at. */
export interface PolicyQuestion {
  readonly principal: Principal;
  readonly tool: string;
  readonly class: CallClass;
}

/** The classes that this version allows; everything else waits for approvals, which are not built yet. */
const ALLOWED: ReadonlySet<CallClass> = new Set(["read", "write", "compute"]);

/** The fixed policy: a pure function from a question to a verdict. Fails closed. */
export function decide(question: PolicyQuestion): Outcome<"allow"> {
  if (ALLOWED.has(question.class)) return accepted("allow");
  return refused({
    code: "APPROVAL_NOT_YET_AVAILABLE",
    message: `${question.tool} is of class "${question.class}" and needs an approval, which this version cannot give`,
    remedy:
      "do it on QuantConnect's website, or wait for a version with approvals; reading, editing and backtesting work",
  });
}
