import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { DocumentSignature, OperatorsState } from "../../src/domain/operator.ts";
import { decisionStatement } from "../../src/gateway/approvals/approval-binding.ts";
import type { ApprovalDesk, OperatorDecision } from "../../src/gateway/approvals/approval-desk.ts";
import { rearmStatement, type Rearming } from "../../src/gateway/approvals/rearm.ts";
import { signStatement } from "../../src/gateway/approvals/signed-document.ts";

/** Two operators with real keys, whose signatures count. */
export interface TestOperator {
  readonly desk: string;
  state(): OperatorsState;
  /** A decision about an approval as the operator's terminal signs it. */
  decide(
    approvals: ApprovalDesk,
    approvalId: string,
    by: { readonly name?: "anna" | "ben"; readonly decision?: "approve" | "deny"; readonly at: number },
  ): Promise<OperatorDecision>;
  /** Signatures under a policy or limits. */
  document(
    kind: "policy" | "limits" | "compute",
    content: unknown,
    names: readonly ("anna" | "ben")[],
  ): DocumentSignature[];
  /** Anna's word that trading may go on. */
  rearm(halt: { readonly target: string; readonly haltId: string; readonly at: number }): Rearming;
}

type Keys = Readonly<Record<"anna" | "ben", { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>>;

export function newTestOperator(desk: string, keys: Keys = newTestKeys()): TestOperator {
  const operators = Object.entries(keys).map(([name, { publicKey }]) => ({
    name,
    publicKey: rawKey(publicKey),
    addedAt: 0,
    addedBy: "anna",
    removedAt: null,
    removedBy: null,
    solo: false,
    kind: "person" as const,
  }));
  return {
    desk,
    state: () => ({ kind: "intact", hash: "h", list: { version: 1, desk, previousHash: null, operators } }),
    document: (kind, content, names) =>
      names.map((operator) => {
        const statement = { kind, desk, operator, at: 1, content };
        return { operator, at: 1, signature: signStatement(statement, keys[operator].privateKey) };
      }),
    rearm(halt) {
      const rearming = { ...halt, operator: "anna" };
      return { ...rearming, signature: signStatement(rearmStatement(rearming, desk), keys.anna.privateKey) };
    },
    async decide(approvals, approvalId, { name = "anna", decision = "approve", at }) {
      const shown = await approvals.show(approvalId);
      if (!shown.ok) throw new Error(shown.refusal.message);
      const by = { operator: name, at, decision };
      const statement = decisionStatement(shown.value, { ...by, desk });
      return { ...by, approvalId, signature: signStatement(statement, keys[name].privateKey) };
    },
  };
}

function newTestKeys(): Keys {
  return { anna: generateKeyPairSync("ed25519"), ben: generateKeyPairSync("ed25519") };
}

function rawKey(key: KeyObject): string {
  return Buffer.from(key.export({ format: "der", type: "spki" }).subarray(-32)).toString("base64");
}
