import type { Command } from "commander";
import { z } from "zod";
import { APPROVAL_STATES, approvalSchema, type Approval } from "../../domain/approval.ts";
import { isoTime } from "../../domain/clock.ts";
import { operatorNameSchema } from "../../domain/operator.ts";
import { visibleText } from "../../domain/visible-text.ts";
import { decisionStatement } from "../../gateway/approvals/approval-binding.ts";
import { approvalText } from "../approval-text.ts";
import type { CliServices, DeskLink } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags, type CommandContext } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { chooseSigner, deskOperators } from "../operator-signing.ts";
import { table } from "../output.ts";

const shownSchema = z.object({ approval: approvalSchema, desk: z.string(), demo: z.boolean() });
const listOptions = z.object({
  state: z.enum(APPROVAL_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(500),
});
const asSchema = z.object({ as: operatorNameSchema.optional() });

/** `approvals list|show|approve|deny`: the calls that wait for an operator, and his decision about them. */
export function addApprovalCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const approvals = program.command("approvals").description("calls that wait for an operator");
  withGlobalFlags(
    approvals
      .command("list")
      .description("list approvals, the newest first")
      .option("--state <state>", `only those that are ${APPROVAL_STATES.join(", ")}`)
      .option("--limit <count>", "how many at most", "50"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { state, limit } = parseOptions(listOptions, options);
      await using link = await session.desk();
      const all = z.array(approvalSchema).parse(await link.request("approvals.list", { limit }));
      const list = all.filter((one) => state === undefined || one.state === state);
      output.result(list, list.length === 0 ? "No approvals." : listText(list));
    }),
  );
  withGlobalFlags(
    approvals.command("show").description("what a call would do, and who has signed").argument("<id>"),
  ).action(
    action(services, done, async ({ session, output }, id) => {
      await using link = await session.desk();
      const { approval } = await shown(link, id);
      output.result(approval, approvalText(approval));
    }),
  );
  for (const decision of ["approve", "deny"] as const) {
    withGlobalFlags(
      approvals
        .command(decision)
        .description(`${decision} a call with an operator's signature; terminal only`)
        .argument("<id>")
        .option("--as <name>", "who signs (default: the operator whose key lies here)"),
    ).action(action(services, done, (context, id, options) => decide(context, { id, decision, options })));
  }
}

/** Shows the call on the terminal, asks for the passphrase there, signs in this process and sends the signature. */
async function decide(
  { session, output, services: { terminal } }: CommandContext,
  request: { readonly id: unknown; readonly decision: "approve" | "deny"; readonly options: unknown },
): Promise<number> {
  const { decision } = request;
  const { as } = parseOptions(asSchema, request.options);
  await using link = await session.desk();
  const { approval, desk } = await shown(link, request.id);
  const operator = chooseSigner(await deskOperators(link), as, session);
  const asked = `${approvalText(approval)}\n\n${operator} is about to ${decision.toUpperCase()} this.`;
  const passphrase = await terminal.readPassphrase(`${asked}\nPassphrase of ${operator}: `);
  const signer = await session.operatorKeys.open(operator, passphrase);
  const at = session.now();
  const signature = signer.sign(decisionStatement(approval, { desk, operator, at, decision }));
  const params = { approvalId: approval.id, decision, operator, at, signature };
  const signed = approvalSchema.parse(await link.request("approvals.sign", params));
  output.result(signed, outcomeText(signed));
  return EXIT.DONE;
}

async function shown(link: DeskLink, id: unknown): Promise<z.infer<typeof shownSchema>> {
  return shownSchema.parse(await link.request("approvals.show", { approvalId: String(id) }));
}

function listText(list: readonly Approval[]): string {
  return table(
    ["approval", "state", "signed", "class", "tool", "account", "asked by", "good until"],
    list.map(({ id, state, signatures, binding, view, expiresAt }) => [
      id,
      state,
      `${signatures.filter(({ decision }) => decision === "approve").length}/${binding.signaturesNeeded}`,
      binding.class,
      visibleText(view.tool, 60),
      visibleText(view.account ?? "–", 40),
      binding.principal,
      isoTime(expiresAt),
    ]),
  );
}

function outcomeText({ id, state, binding, signatures }: Approval): string {
  if (state === "denied") return `Approval ${id} is denied.`;
  if (state === "approved") return `Approval ${id} is given. The caller now repeats the call with approvalId "${id}".`;
  const left = binding.signaturesNeeded - signatures.length;
  return `Approval ${id} is signed; ${left} more ${left === 1 ? "signature is" : "signatures are"} needed.`;
}
