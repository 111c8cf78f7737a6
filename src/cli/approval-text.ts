import type { Approval, SignedDecision } from "../domain/approval.ts";
import { isoTime } from "../domain/clock.ts";
import { visibleText } from "../domain/visible-text.ts";

/**
 * An approval as an operator reads it before he decides. What came from a caller is made safe to show once more: this
 * is the last place before a person's eyes.
 */
export function approvalText(approval: Approval): string {
  const { id, view, binding, expiresAt, requestedAt, signatures } = approval;
  const lines = [
    `Approval ${id}: ${approval.state}`,
    `  tool        ${visibleText(view.tool)}`,
    `  class       ${view.class}, ${binding.signaturesNeeded} ${binding.signaturesNeeded === 1 ? "signature" : "signatures"} needed`,
    `  profile     ${view.profile}`,
    `  account     ${view.account === null ? "none" : visibleText(view.account)}`,
    `  asked by    ${visibleText(view.requestedBy)}${view.tainted ? ", which has read text from outside" : ""}`,
    `  asked at    ${isoTime(requestedAt)}`,
    `  good until  ${isoTime(expiresAt)}`,
    `  why asked   ${visibleText(view.reason)}`,
  ];
  if (view.artefact !== null) lines.push(`  artefact    ${visibleText(view.artefact)}`);
  lines.push("  what it does:", ...view.lines.map((line) => `    ${changeText(line)}`));
  if (signatures.length > 0) lines.push("  signed:", ...signatures.map((one) => `    ${signatureText(one)}`));
  if (approval.state === "used")
    lines.push(`  used by call ${visibleText(approval.callId)} at ${isoTime(approval.usedAt)}`);
  return lines.join("\n");
}

function changeText({ what, before, after }: Approval["view"]["lines"][number]): string {
  const value = (text: string | null): string => (text === null ? "nothing" : visibleText(text));
  return before === null
    ? `${visibleText(what)}: ${value(after)}`
    : `${visibleText(what)}: ${value(before)} → ${value(after)}`;
}

function signatureText({ operator, decision, receivedAt, solo }: SignedDecision): string {
  return `${operator}, ${decision}, ${isoTime(receivedAt)}${solo ? ", solo" : ""}`;
}
