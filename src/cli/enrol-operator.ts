import { operatorNameSchema, type Operator, type OperatorList, type OperatorsState } from "../domain/operator.ts";
import { RefusalError } from "../domain/refusal.ts";
import { operatorsTampered } from "../gateway/approvals/operator-list.ts";
import type { CommandContext } from "./command.ts";
import {
  chooseSigner,
  deskOperators,
  newPassphrase,
  openSigner,
  type DeskOperators,
  type Sign,
} from "./operator-signing.ts";

/**
 * Enrols an operator under a passphrase that is typed twice. The first one signs for himself, others are let in by one
 * who is there.
 */
export async function enrolOperator(
  context: CommandContext,
  name: string,
  { solo, as }: { readonly solo: boolean; readonly as?: string | undefined },
): Promise<void> {
  const { session, output, services } = context;
  await using link = await session.desk();
  const known = await deskOperators(link);
  const present = listOf(known.state);
  if (present.some((one) => one.name === name)) {
    throw new RefusalError({
      code: "OPERATOR_EXISTS",
      message: `the name ${name} is taken, or was; names are not given twice`,
      remedy: "take another name, or change the passphrase with `quantwright operators passwd NAME`",
    });
  }
  const signerName = known.state.kind === "none" ? name : chooseSigner(known, as, session);
  const request = {
    desk: known.desk,
    operator: signerName,
    kind: "operators",
    shown: `${signerName} lets ${name} approve on this desk.`,
  } as const;
  // An operator who lets another in signs first, so that nobody types a new passphrase for nothing.
  const signedByOther =
    signerName === name ? undefined : await openSigner({ session, terminal: services.terminal }, request);
  const signer = await session.operatorKeys.create(name, await newPassphrase(services.terminal, name));
  const signedByHimself: Sign = (content) => {
    const at = session.now();
    const statement = { kind: "operators", desk: known.desk, operator: name, at, content } as const;
    return { operator: name, at, signature: signer.sign(statement) };
  };
  const entry: Operator = {
    name,
    publicKey: signer.publicKey,
    addedAt: session.now(),
    addedBy: signerName,
    removedAt: null,
    removedBy: null,
    solo,
    kind: "person",
  };
  const list = following(known, [...present, entry]);
  await link.request("operators.change", { list, signature: (signedByOther ?? signedByHimself)(list) });
  const text = `${name} may approve now${solo ? " (solo: alone, with 12 hours between two signatures)" : ""}. Keep a copy of ${session.dataDir}/operators; a lost passphrase cannot be recovered.`;
  output.result({ added: name, solo, publicKey: signer.publicKey, signedBy: signerName }, text);
}

/** The list after the known one, with these operators in it. */
export function following(known: DeskOperators, operators: readonly Operator[]): OperatorList {
  const { state, desk } = known;
  if (state.kind === "tampered") throw new RefusalError(operatorsTampered(state.reason));
  return {
    version: state.kind === "intact" ? state.list.version + 1 : 1,
    desk,
    previousHash: state.kind === "intact" ? state.hash : null,
    operators: [...operators],
  };
}

/** The operators that are known, also those who left. */
export function listOf(state: OperatorsState): readonly Operator[] {
  return state.kind === "intact" ? state.list.operators : [];
}

/** @throws RefusalError `USAGE` for what is no name. */
export function operatorName(argument: unknown): string {
  const parsed = operatorNameSchema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new RefusalError({
    code: "USAGE",
    message: `"${String(argument).slice(0, 40)}" is no name of an operator: ${parsed.error.issues[0]?.message ?? "another was expected"}`,
  });
}
