import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import type { Operator, OperatorList, OperatorsState, SignedOperatorList } from "../../../../src/domain/operator.ts";
import { signStatement } from "../../../../src/gateway/approvals/signed-document.ts";
import { newOperatorKey } from "../../../../src/store/operators/operator-key.ts";
import { OperatorListFile } from "../../../../src/store/operators/operator-list-file.ts";
import { openFileVault } from "../../../../src/store/vault/file-vault.ts";
import type { Vault } from "../../../../src/store/vault/vault.ts";

export const DESK = "desk-1";

/** A person with a key, as his terminal holds it while he signs. */
export interface Person {
  readonly name: string;
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export function person(name: string): Person {
  return { name, ...newOperatorKey() };
}

export function entry(who: Person, more: Partial<Operator> = {}): Operator {
  return {
    name: who.name,
    publicKey: who.publicKey,
    addedAt: 1,
    addedBy: who.name,
    removedAt: null,
    removedBy: null,
    solo: false,
    kind: "person",
    ...more,
  };
}

/** A list signed by somebody. */
export function signedList(list: OperatorList, by: Person, at = 5): SignedOperatorList {
  const statement = { kind: "operators", desk: list.desk, operator: by.name, at, content: list } as const;
  return { list, signature: { operator: by.name, at, signature: signStatement(statement, by.privateKey) } };
}

/** The list that follows a state: somebody added or removed. */
export function nextList(
  state: OperatorsState,
  operators: readonly Operator[],
  more: Partial<OperatorList> = {},
): OperatorList {
  return {
    version: state.kind === "intact" ? state.list.version + 1 : 1,
    desk: DESK,
    previousHash: state.kind === "intact" ? state.hash : null,
    operators: [...operators],
    ...more,
  };
}

/** Operators of a desk in files and vault of its own. */
export interface OperatorsUnderTest {
  readonly list: OperatorListFile;
  readonly file: string;
  readonly vault: Vault;
  /** Enrols somebody, signed by `by`, or by himself. */
  enrol(
    who: Person,
    options?: { readonly by?: Person; readonly solo?: boolean; readonly kind?: "person" | "demo" },
  ): Promise<void>;
  remove(who: Person, by: Person): Promise<void>;
}

export function vaultIn(folder: string): Vault {
  return openFileVault(join(folder, "secrets.sealed"), join(folder, "secrets.key"));
}

export async function operatorsIn(folder: string, demo = false): Promise<OperatorsUnderTest> {
  const vault = vaultIn(folder);
  const file = join(folder, "operators.json");
  const list = await OperatorListFile.open({ file, vault, identity: { desk: DESK, demo } });
  const change = async (operators: readonly Operator[], state: OperatorsState, by: Person): Promise<void> => {
    const changed = await list.change(signedList(nextList(state, operators), by));
    if (!changed.ok) throw new Error(changed.refusal.message);
  };
  const known = (state: OperatorsState): readonly Operator[] => (state.kind === "intact" ? state.list.operators : []);
  return {
    list,
    file,
    vault,
    async enrol(who, { by = who, solo = false, kind = "person" } = {}) {
      const state = await list.state();
      await change([...known(state), entry(who, { addedBy: by.name, solo, kind })], state, by);
    },
    async remove(who, by) {
      const state = await list.state();
      const removed = known(state).map((one) =>
        one.name === who.name ? { ...one, removedAt: 9, removedBy: by.name } : one,
      );
      await change(removed, state, by);
    },
  };
}
