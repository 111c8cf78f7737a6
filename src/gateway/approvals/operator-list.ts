import { createHash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical-json.ts";
import {
  activeOperators,
  type Operator,
  type OperatorList,
  type OperatorsState,
  type SignedOperatorList,
} from "../../domain/operator.ts";
import { accepted, refused, type Outcome, type Refusal } from "../../domain/refusal.ts";
import { isSignedBy } from "./signed-document.ts";

/** What a desk must know to judge its operators. */
export interface DeskIdentity {
  /** Id of the data directory. */
  readonly desk: string;
  /** Whether it is a desk for demos and tests, on which operators of kind `demo` count. */
  readonly demo: boolean;
}

/** Hash of a list with its signature: what is kept in the vault. */
export function operatorListHash(signed: SignedOperatorList): string {
  return createHash("sha256").update(canonicalJson(signed)).digest("hex");
}

/**
 * Whether a list may take the place of the present one: it follows it, adds or removes, rewrites nobody, leaves
 * somebody who can sign, and is signed by an operator of the present list; the first by the one it enrols.
 */
export function acceptListChange(
  current: OperatorsState,
  next: SignedOperatorList,
  identity: DeskIdentity,
): Outcome<OperatorList> {
  if (current.kind === "tampered") return refused(operatorsTampered(current.reason));
  const { list, signature } = next;
  const known = current.kind === "intact" ? current.list : undefined;
  const fault =
    placeFault(list, current, identity.desk) ??
    (known === undefined ? firstFault(list) : changeFault(known, list, signature.operator)) ??
    soloFault(known, list);
  if (fault !== undefined) return refused(changeInvalid(fault));
  if (!identity.demo && list.operators.some(({ kind }) => kind === "demo")) return refused(demoOperatorRefused());
  if (activeOperators(list, identity.demo).length === 0) {
    return refused({
      code: "OPERATOR_LAST",
      message: "the last operator cannot be removed: nobody could approve, or enrol anybody, any more",
      remedy: "enrol another one first with `quantwright operators add NAME`",
    });
  }
  const signer = activeOperators(known ?? list, identity.demo).find(({ name }) => name === signature.operator);
  const statement = { kind: "operators", desk: identity.desk, operator: signature.operator, at: signature.at } as const;
  if (signer === undefined || !isSignedBy(signer, { ...statement, content: list }, signature.signature)) {
    return refused(changeInvalid(`the signature of ${signature.operator} is not one of an operator under this list`));
  }
  return accepted(list);
}

/** An operator who may sign today, by his name. */
export function findOperator(state: OperatorsState, name: string, identity: DeskIdentity): Outcome<Operator> {
  if (state.kind === "tampered") return refused(operatorsTampered(state.reason));
  if (state.kind === "none") return refused(operatorsNone());
  const operator = state.list.operators.find((one) => one.name === name);
  if (operator === undefined) {
    return refused({
      code: "OPERATOR_UNKNOWN",
      message: `there is no operator "${name}" on this desk`,
      remedy: "`quantwright operators list` shows who there is",
    });
  }
  if (operator.removedAt !== null) {
    return refused({
      code: "APPROVAL_OPERATOR_REMOVED",
      message: `${name} is no operator any more`,
      remedy: "ask another operator",
    });
  }
  if (operator.kind === "demo" && !identity.demo) return refused(demoOperatorRefused());
  return accepted(operator);
}

export function operatorsNone(): Refusal {
  return {
    code: "OPERATORS_NONE",
    message: "nobody is enrolled who could approve",
    remedy: "enrol an operator in a terminal: `quantwright operators add NAME`",
  };
}

export function operatorsTampered(reason: string): Refusal {
  return {
    code: "OPERATORS_TAMPERED",
    message: `the list of operators cannot be relied on: ${reason}. Nothing can be approved`,
    remedy:
      "find out who changed operators.json, then restore it together with the vault from a backup, or begin with a new data directory",
  };
}

function demoOperatorRefused(): Refusal {
  return {
    code: "DEMO_OPERATOR_REFUSED",
    message: "an operator of a demo counts only on a desk that was made for a demo",
    remedy: "enrol a person in a terminal: `quantwright operators add NAME`",
  };
}

function placeFault(list: OperatorList, current: OperatorsState, desk: string): string | undefined {
  const version = current.kind === "intact" ? current.list.version + 1 : 1;
  const previous = current.kind === "intact" ? current.hash : null;
  if (list.desk !== desk) return "it is of another desk";
  if (list.version !== version || list.previousHash !== previous) {
    return `it does not follow the present list (version ${version} was expected, ${list.version} came); look again and repeat`;
  }
  const names = list.operators.map(({ name }) => name);
  return new Set(names).size === names.length ? undefined : "a name stands in it twice";
}

function firstFault({ operators }: OperatorList): string | undefined {
  const [first] = operators;
  const alone = operators.length === 1 && first?.addedBy === first?.name && first?.removedAt === null;
  return alone ? undefined : "the first list enrols one operator, who signs it himself";
}

/** Who stood in the list stays as he was; he may only be removed, and who is new was added by the signer. */
function changeFault(known: OperatorList, next: OperatorList, signer: string): string | undefined {
  for (const [index, before] of known.operators.entries()) {
    const after = next.operators[index];
    if (after === undefined) return `${before.name} is missing; who leaves stays in the list as removed`;
    const removed = before.removedAt === null && after.removedAt !== null && after.removedBy === signer;
    const allowed = removed ? { ...before, removedAt: after.removedAt, removedBy: signer } : before;
    if (canonicalJson(after) !== canonicalJson(allowed)) return `the entry of ${before.name} was rewritten`;
  }
  const added = next.operators.slice(known.operators.length);
  return added.every(({ addedBy, removedAt }) => addedBy === signer && removedAt === null)
    ? undefined
    : "a new operator must be added by the one who signs";
}

/** `solo` is for an owner who begins alone; a second identity of his would make two of one. */
function soloFault(known: OperatorList | undefined, next: OperatorList): string | undefined {
  const added = next.operators.slice(known?.operators.length ?? 0);
  return known !== undefined && added.some(({ solo }) => solo) ? "only the first operator can be solo" : undefined;
}

function changeInvalid(fault: string): Refusal {
  return {
    code: "OPERATORS_CHANGE_INVALID",
    message: `the new list of operators is refused: ${fault}`,
    remedy: "make changes with `quantwright operators`, signed by an operator of this desk",
  };
}
