import { z } from "zod";
import { visibleText } from "../domain/visible-text.ts";

const refusalSchema = z.looseObject({ code: z.string(), message: z.string(), remedy: z.string().optional() });

const computeSchema = z.object({
  refusal: refusalSchema.optional(),
  estimate: z.object({ minutes: z.number(), money: z.string().nullable(), basis: z.string() }).optional(),
  left: z.object({ minutes: z.number().nullable(), money: z.string().nullable() }).optional(),
  renewsAt: z.string().optional(),
});

/** What the desk says would happen to a call. */
export const explanationSchema = z.looseObject({
  tool: z.string(),
  refusal: refusalSchema.optional(),
  class: z.string().optional(),
  mode: z.string().optional(),
  account: z.string().nullish(),
  principal: z.string().optional(),
  tainted: z.boolean().optional(),
  verdict: z.enum(["allow", "approval", "deny"]).optional(),
  signatures: z.int().optional(),
  rule: z.object({ id: z.string(), reason: z.string() }).nullish(),
  policyVersion: z.string().optional(),
  halted: refusalSchema.nullish(),
  risk: z.object({ ok: z.boolean(), refusals: z.array(refusalSchema) }).nullish(),
  compute: computeSchema.nullish(),
});

type Explanation = z.infer<typeof explanationSchema>;

/** The explanation for people: the verdict first, then everything that it rests on. */
export function explanationText(one: Explanation): string {
  const lines = [
    `${visibleText(one.tool)}: ${verdictText(one)}`,
    ...(one.class === undefined
      ? []
      : [`  class      ${one.class}${one.mode === undefined ? "" : `, mode ${one.mode}`}`]),
    ...(one.principal === undefined
      ? []
      : [`  caller     ${one.principal}${one.tainted === true ? ", which has read text from outside" : ""}`]),
    ...(one.account === null || one.account === undefined ? [] : [`  account    ${visibleText(one.account)}`]),
    ...(one.rule === null || one.rule === undefined
      ? []
      : [`  rule       ${one.rule.id}: ${visibleText(one.rule.reason)}`]),
    ...(one.refusal === undefined ? [] : [`  refusal    ${refusalText(one.refusal)}`]),
    ...(one.halted === null || one.halted === undefined ? [] : [`  halted     ${refusalText(one.halted)}`]),
    ...(one.risk === null || one.risk === undefined ? [] : riskLines(one.risk)),
    ...(one.compute === null || one.compute === undefined ? [] : computeLines(one.compute)),
    ...(one.policyVersion === undefined ? [] : [`  policy     version ${one.policyVersion.slice(0, 16)}`]),
  ];
  return lines.join("\n");
}

function verdictText({ verdict, signatures = 1, refusal, halted, risk, compute }: Explanation): string {
  if (refusal !== undefined || verdict === "deny") return "is refused";
  if (halted !== null && halted !== undefined) return "is refused while trading is halted";
  if (risk?.ok === false) return "is refused by the limits";
  if (compute?.refusal !== undefined) return "is refused by the budget of computing";
  if (verdict === "approval")
    return `needs ${signatures === 1 ? "the signature of an operator" : `${signatures} signatures of operators`}`;
  return "is allowed";
}

function riskLines(risk: NonNullable<Explanation["risk"]>): string[] {
  if (risk.ok) return ["  limits     the order keeps them all"];
  return risk.refusals.map((refusal) => `  limits     ${refusalText(refusal)}`);
}

function computeLines({ estimate, left, renewsAt, refusal }: z.infer<typeof computeSchema>): string[] {
  const money = (text: string | null): string => text ?? "no limit in money";
  return [
    ...(estimate === undefined
      ? []
      : [
          `  estimate   ${estimate.minutes} node minutes, ${estimate.money ?? "price not known"}: ${visibleText(estimate.basis)}`,
        ]),
    ...(left === undefined
      ? []
      : [
          `  budget     ${left.minutes ?? "any number of"} node minutes and ${money(left.money)} are left until ${renewsAt ?? "midnight UTC"}`,
        ]),
    ...(refusal === undefined ? [] : [`  budget     ${refusalText(refusal)}`]),
  ];
}

function refusalText({ code, message }: z.infer<typeof refusalSchema>): string {
  return `${code}: ${visibleText(message)}`;
}
