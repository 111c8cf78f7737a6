import type { Command } from "commander";
import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import { operatorNameSchema } from "../../domain/operator.ts";
import { visibleText } from "../../domain/visible-text.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags, type CommandContext } from "../command.ts";
import { chooseSigner, deskOperators, openSigner } from "../operator-signing.ts";

const optionsSchema = z.object({ account: z.string().min(1).optional(), as: operatorNameSchema.optional() });
/** The halt that holds now, for the desk or for one account; null where trading is open. */
const haltSchema = z.object({
  halt: z
    .object({ haltId: z.string(), target: z.string(), since: z.int(), by: z.string(), reason: z.string() })
    .nullable(),
});

/** `rearm`: an operator's word that trading may go on after exactly this halt. */
export function addRearmCommand(program: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    program
      .command("rearm")
      .description("let trading go on after a halt, with an operator's signature; terminal only")
      .option("--account <account>", "only this account (default: the whole desk)")
      .option("--as <name>", "who signs (default: the operator whose key lies here)"),
  ).action(action(services, done, rearm));
}

async function rearm({ session, output, services: { terminal } }: CommandContext, options: unknown): Promise<void> {
  const { account, as } = parseOptions(optionsSchema, options);
  await using link = await session.desk();
  const { halt } = haltSchema.parse(await link.request("halt.show", { account: account ?? null }));
  if (halt === null) {
    output.result({ rearmed: false, halted: false }, "Trading is not halted.");
    return;
  }
  const { haltId, target } = halt;
  const known = await deskOperators(link);
  const operator = chooseSigner(known, as, session);
  const why = `${visibleText(halt.by)}: ${visibleText(halt.reason)}`;
  const shown = `Trading was halted for ${visibleText(target)} at ${isoTime(halt.since)} by ${why}\n${operator} lets it go on.`;
  const sign = await openSigner({ session, terminal }, { desk: known.desk, operator, kind: "rearm", shown });
  const content = { target, haltId };
  await link.request("halt.rearm", { ...content, ...sign(content) });
  output.result({ rearmed: true, target, haltId, operator }, `Trading may go on for ${visibleText(target)}.`);
}
