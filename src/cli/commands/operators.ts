import type { Command } from "commander";
import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import { isAlone, operatorNameSchema, type Operator } from "../../domain/operator.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { operatorsTampered } from "../../gateway/approvals/operator-list.ts";
import type { CliServices, DeskLink } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags, type CommandContext } from "../command.ts";
import { enrolOperator, following, listOf, operatorName } from "../enrol-operator.ts";
import { EXIT } from "../exit-code.ts";
import { chooseSigner, deskOperators, newPassphrase, openSigner, type DeskOperators } from "../operator-signing.ts";
import { table } from "../output.ts";

const asSchema = z.object({ as: operatorNameSchema.optional() });
const addSchema = asSchema.extend({ solo: z.boolean().default(false) });
const AS = ["--as <name>", "who signs the change (default: the operator whose key lies here)"] as const;

/** `operators add|list|remove|passwd`: who may approve. Passphrases are typed in a terminal and come from nowhere else. */
export function addOperatorCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const operators = program.command("operators").description("who may approve what trades or changes rights");
  withGlobalFlags(
    operators
      .command("add")
      .description("enrol an operator: a key of his own, under a passphrase; terminal only")
      .argument("<name>")
      .option("--solo", "he may, while he is the only one, give both signatures of a live approval, 12 hours apart")
      .option(...AS),
  ).action(
    action(services, done, (context, name, options) =>
      enrolOperator(context, operatorName(name), parseOptions(addSchema, options)),
    ),
  );
  withGlobalFlags(operators.command("list").description("list the operators, also those who left")).action(
    action(services, done, async ({ session, output }) => {
      await using link = await session.desk();
      const known = await deskOperators(link);
      const keysHere = listOf(known.state).filter(({ name }) => session.operatorKeys.has(name));
      output.result({ ...known, keysHere: keysHere.map(({ name }) => name) }, listText(known, keysHere));
      return known.state.kind === "tampered" ? EXIT.REFUSED : EXIT.DONE;
    }),
  );
  withGlobalFlags(
    operators
      .command("remove")
      .description("end an operator's rights; his signatures on what was not used yet count no more")
      .argument("<name>")
      .option(...AS),
  ).action(action(services, done, (context, name, options) => removeOperator(context, operatorName(name), options)));
  withGlobalFlags(
    operators.command("passwd").description("change the passphrase of a key that lies here").argument("<name>"),
  ).action(
    action(services, done, async ({ session, output, services: { terminal } }, argument) => {
      const name = operatorName(argument);
      const from = await terminal.readPassphrase(`Passphrase of ${name}: `);
      // Before the new one is asked for: two more questions are not worth a typing error.
      await session.operatorKeys.open(name, from);
      await session.operatorKeys.changePassphrase(name, from, await newPassphrase(terminal, name));
      output.result({ changed: true, name }, `The passphrase of ${name} is changed. His public key is the same.`);
    }),
  );
}

async function removeOperator(context: CommandContext, name: string, options: unknown): Promise<void> {
  const { session, output, services } = context;
  const { as } = parseOptions(asSchema, options);
  await using link: DeskLink = await session.desk();
  const known = await deskOperators(link);
  const signerName = chooseSigner(known, as, session);
  const removed = listOf(known.state).map((one) =>
    one.name === name && one.removedAt === null ? { ...one, removedAt: session.now(), removedBy: signerName } : one,
  );
  if (!removed.some((one) => one.name === name && one.removedBy === signerName)) {
    throw new RefusalError({
      code: "OPERATOR_UNKNOWN",
      message: `there is no operator "${name}" to remove`,
      remedy: "`quantwright operators list` shows who there is",
    });
  }
  const sign = await openSigner(
    { session, terminal: services.terminal },
    {
      desk: known.desk,
      operator: signerName,
      kind: "operators",
      shown: `${signerName} ends the rights of ${name}.`,
    },
  );
  const list = following(known, removed);
  await link.request("operators.change", { list, signature: sign(list) });
  output.result(
    { removed: name, signedBy: signerName },
    `${name} is no operator any more. Nothing of his counts from now on.`,
  );
}

function listText(known: DeskOperators, keysHere: readonly Operator[]): string {
  const { state, demo } = known;
  if (state.kind === "none") return "Nobody is enrolled. `quantwright operators add NAME` enrols the first operator.";
  if (state.kind === "tampered") {
    const { message, remedy } = operatorsTampered(state.reason);
    return `${message}.\n${remedy ?? ""}`;
  }
  const rows = state.list.operators.map((one) => [
    one.name,
    one.removedAt === null ? (isAlone(one, state.list, demo) ? "solo" : one.kind) : `left ${isoTime(one.removedAt)}`,
    isoTime(one.addedAt),
    one.addedBy,
    keysHere.includes(one) ? "here" : "",
    one.publicKey,
  ]);
  return table(["operator", "state", "since", "added by", "key", "public key"], rows);
}
