import { z } from "zod";
import {
  activeOperators,
  operatorListSchema,
  SHORTEST_PASSPHRASE,
  type DocumentSignature,
  type OperatorsState,
} from "../domain/operator.ts";
import { RefusalError } from "../domain/refusal.ts";
import { findOperator, operatorsNone, operatorsTampered } from "../gateway/approvals/operator-list.ts";
import type { DocumentKind } from "../gateway/approvals/signed-document.ts";
import type { CliSession, DeskLink, Terminal } from "./cli-services.ts";

const deskOperatorsSchema = z.object({
  desk: z.string(),
  demo: z.boolean(),
  state: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("none") }),
    z.object({ kind: z.literal("intact"), hash: z.string(), list: operatorListSchema }),
    z.object({ kind: z.literal("tampered"), reason: z.string() }),
  ]),
});

/** The operators of a desk, and which desk it is. */
export interface DeskOperators {
  readonly desk: string;
  readonly demo: boolean;
  readonly state: OperatorsState;
}

export async function deskOperators(link: DeskLink): Promise<DeskOperators> {
  return deskOperatorsSchema.parse(await link.request("operators.state"));
}

/** The name of who signs: the one asked for, or the only operator whose key lies here. */
export function chooseSigner(known: DeskOperators, as: string | undefined, session: CliSession): string {
  const { state } = known;
  if (as !== undefined) {
    const found = findOperator(state, as, known);
    if (!found.ok) throw new RefusalError(found.refusal);
    return as;
  }
  if (state.kind === "none") throw new RefusalError(operatorsNone());
  if (state.kind === "tampered") throw new RefusalError(operatorsTampered(state.reason));
  const here = activeOperators(state.list, known.demo).filter(({ name }) => session.operatorKeys.has(name));
  const [only, ...others] = here.map(({ name }) => name);
  if (only !== undefined && others.length === 0) return only;
  throw new RefusalError({
    code: "USAGE",
    message:
      only === undefined
        ? "the key of no operator of this desk lies on this machine"
        : `the keys of ${[only, ...others].join(", ")} lie here: say whose is used`,
    remedy: only === undefined ? "sign where the key was made" : "add --as NAME",
  });
}

/** Who signs what: the passphrase is asked for after `shown`, on the terminal itself. */
interface SigningRequest {
  readonly desk: string;
  readonly operator: string;
  readonly kind: DocumentKind;
  /** What the operator must have seen before he types: it is written to the same terminal. */
  readonly shown: string;
}

/** Signs a content now. */
export type Sign = (content: unknown) => DocumentSignature;

/** Asks for the passphrase and signs contents in this process; the key goes nowhere else. */
export async function openSigner(
  parts: { readonly session: CliSession; readonly terminal: Terminal },
  request: SigningRequest,
): Promise<Sign> {
  const { session, terminal } = parts;
  const { desk, operator, kind, shown } = request;
  const passphrase = await terminal.readPassphrase(`${shown}${shown === "" ? "" : "\n\n"}Passphrase of ${operator}: `);
  const signer = await session.operatorKeys.open(operator, passphrase);
  return (content) => {
    const at = session.now();
    return { operator, at, signature: signer.sign({ kind, desk, operator, at, content }) };
  };
}

/** A new passphrase, typed twice. */
export async function newPassphrase(terminal: Terminal, name: string): Promise<string> {
  const first = await terminal.readPassphrase(
    `New passphrase of ${name} (${SHORTEST_PASSPHRASE} characters or more): `,
  );
  // What will be refused is not asked for twice.
  if (first.length < SHORTEST_PASSPHRASE) return first;
  const second = await terminal.readPassphrase("The same again: ");
  if (first === second) return first;
  throw new RefusalError({
    code: "USAGE",
    message: "the two passphrases differ; nothing was changed",
    remedy: "run it again and type the same twice",
  });
}
