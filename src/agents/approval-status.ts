import { z } from "zod";
import { APPROVAL_STATES } from "../domain/approval.ts";
import { isoTime } from "../domain/clock.ts";
import { principalKind } from "../domain/principal.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { ApprovalDesk } from "../gateway/approvals/approval-desk.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";

/** How an approval that a caller waits for stands. Deciding about it is for operators in a terminal, never for a tool. */
export function approvalStatus(approvals: () => Pick<ApprovalDesk, "show">): Skill {
  return defineSkill({
    name: "approval_status",
    title: "Status of an approval",
    description:
      "Whether an approval that you asked for was given: pending, approved, denied, expired or used. Operators decide in a terminal with `quantwright approvals approve ID`; you cannot. Once approved, repeat exactly the same call with its approvalId.",
    owner: "desk",
    class: "read",
    input: z.object({ approvalId: z.string().min(1).max(128) }),
    output: z.object({
      approvalId: z.string(),
      state: z.enum(APPROVAL_STATES),
      tool: z.string(),
      signatures: z.int(),
      signaturesNeeded: z.int(),
      expiresAt: z.string(),
      next: z.string(),
    }),
    answer: async ({ approvalId }, context) => {
      const shown = await approvals().show(approvalId);
      const own = shown.ok && shown.value.binding.principal === context.principal;
      // What others asked for is not a caller's business; the shell is where operators look.
      if (!shown.ok || (!own && principalKind(context.principal) !== "cli")) {
        throw new RefusalError({
          code: "APPROVAL_UNKNOWN",
          message: `there is no approval "${approvalId}" of yours`,
          remedy: "call the tool without approvalId to ask for one",
        });
      }
      const { state, binding, signatures, expiresAt } = shown.value;
      const given = signatures.filter(({ decision }) => decision === "approve").length;
      return {
        data: {
          approvalId,
          state,
          tool: binding.tool,
          signatures: given,
          signaturesNeeded: binding.signaturesNeeded,
          expiresAt: isoTime(expiresAt),
          next: NEXT[state],
        },
        source: "desk",
      };
    },
  });
}

const NEXT: Readonly<Record<(typeof APPROVAL_STATES)[number], string>> = {
  pending: "wait for the operator, or ask again later",
  approved: "repeat exactly the same call with this approvalId",
  denied: "ask the operator what should be different",
  expired: "repeat the call without approvalId to ask anew",
  used: "look up what became of the call that used it",
};
