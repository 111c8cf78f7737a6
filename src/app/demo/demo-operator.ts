import { z } from "zod";
import { approvalSchema, type Approval } from "../../domain/approval.ts";
import type { Clock } from "../../domain/clock.ts";
import { operatorListSchema, operatorSchema, type Operator, type OperatorList } from "../../domain/operator.ts";
import { decisionStatement } from "../../gateway/approvals/approval-binding.ts";
import { signStatement } from "../../gateway/approvals/signed-document.ts";
import { newOperatorKey, type OperatorKey } from "../../store/operators/operator-key.ts";

/** What a demo needs of the control channel. */
interface Control {
  request(method: string, params?: unknown): Promise<unknown>;
}

/** An operator made for one demo or test: its key is random, is never written, and ends with this process. */
export interface DemoOperator {
  readonly name: string;
  /** Signs a decision and gives the approval as it then stands. */
  decide(approvalId: string, decision?: "approve" | "deny"): Promise<Approval>;
}

const stateSchema = z.object({
  desk: z.string(),
  state: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("none") }),
    z.object({ kind: z.literal("intact"), hash: z.string(), list: operatorListSchema }),
    z.object({ kind: z.literal("tampered"), reason: z.string() }),
  ]),
});

/**
 * Enrols operators on a demo desk that has none yet, the first by itself and the others by the first. A desk that was
 * not made for a demo refuses them with `DEMO_OPERATOR_REFUSED`.
 */
export async function enrolDemoOperators(
  control: Control,
  clock: Clock,
  names: readonly [string, ...string[]] = ["demo"],
): Promise<readonly DemoOperator[]> {
  const first = names[0];
  const keys = new Map(names.map((name) => [name, newOperatorKey()]));
  const entries: Operator[] = [];
  const { desk } = stateSchema.parse(await control.request("operators.state"));
  for (const [name, key] of keys) {
    entries.push(entryOf(name, key, { addedBy: first, addedAt: clock.now() }));
    await addTo(control, { desk, entries, signer: first, key: keyOf(keys, first), at: clock.now() });
  }
  return names.map((name) => ({
    name,
    decide: (approvalId, decision = "approve") =>
      decide(control, { approvalId, decision, operator: name, at: clock.now(), key: keyOf(keys, name) }),
  }));
}

async function addTo(
  control: Control,
  change: {
    readonly desk: string;
    readonly entries: readonly Operator[];
    readonly signer: string;
    readonly key: OperatorKey;
    readonly at: number;
  },
): Promise<void> {
  const { desk, entries, signer, key, at } = change;
  const { state } = stateSchema.parse(await control.request("operators.state"));
  const list: OperatorList = {
    version: state.kind === "intact" ? state.list.version + 1 : 1,
    desk,
    previousHash: state.kind === "intact" ? state.hash : null,
    operators: [...entries],
  };
  const statement = { kind: "operators", desk, operator: signer, at, content: list } as const;
  const signature = { operator: signer, at, signature: signStatement(statement, key.privateKey) };
  await control.request("operators.change", { list, signature });
}

async function decide(
  control: Control,
  by: {
    readonly approvalId: string;
    readonly decision: "approve" | "deny";
    readonly operator: string;
    readonly at: number;
    readonly key: OperatorKey;
  },
): Promise<Approval> {
  const { approvalId, decision, operator, at, key } = by;
  const shown = z
    .object({ approval: approvalSchema, desk: z.string() })
    .parse(await control.request("approvals.show", { approvalId }));
  const statement = decisionStatement(shown.approval, { operator, at, decision, desk: shown.desk });
  const signature = signStatement(statement, key.privateKey);
  return approvalSchema.parse(
    await control.request("approvals.sign", { approvalId, decision, operator, at, signature }),
  );
}

function entryOf(name: string, key: OperatorKey, added: Pick<Operator, "addedBy" | "addedAt">): Operator {
  const { publicKey } = key;
  return operatorSchema.parse({
    name,
    publicKey,
    ...added,
    removedAt: null,
    removedBy: null,
    solo: false,
    kind: "demo",
  });
}

function keyOf(keys: ReadonlyMap<string, OperatorKey>, name: string): OperatorKey {
  const key = keys.get(name);
  if (key === undefined) throw new Error(`no key was made for ${name}`);
  return key;
}
