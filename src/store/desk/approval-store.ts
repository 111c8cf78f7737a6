import type { Insertable, Kysely, Selectable, Transaction } from "kysely";
import { approvalSchema, transition, type Approval } from "../../domain/approval.ts";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { ApprovalStore, KeptApproval } from "../../gateway/approvals/approval-store-port.ts";
import type { DeskTables } from "./schema.ts";

type Row = Selectable<DeskTables["approvals"]>;
const OPEN = ["pending", "approved"];

/** Approvals in the desk's store. */
export function createApprovalStore(database: Kysely<DeskTables>): ApprovalStore {
  const rows = () => database.selectFrom("approvals").selectAll();
  return {
    async add(approval) {
      await database
        .insertInto("approvals")
        .values({ ...rowOf(approval), version: 1 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const own = await rows().where("id", "=", approval.id).executeTakeFirst();
      const open = () => rows().where("binding_hash", "=", approval.bindingHash).where("state", "in", OPEN);
      return keptOf(own ?? (await open().executeTakeFirstOrThrow())).approval;
    },
    async byId(id) {
      const row = await rows().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : keptOf(row);
    },
    async lastOf(bindingHash) {
      const row = await rows()
        .where("binding_hash", "=", bindingHash)
        .orderBy("requested_at", "desc")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : keptOf(row);
    },
    async open() {
      return (await rows().where("state", "in", OPEN).orderBy("requested_at").orderBy("id").execute()).map(keptOf);
    },
    async list(limit) {
      const newest = await rows().orderBy("requested_at", "desc").orderBy("id", "desc").limit(limit).execute();
      return newest.map((row) => keptOf(row).approval);
    },
    replace: (next, version) => replace(database, next, version),
    latestTime: (at) => latestTime(database, at),
  };
}

/**
 * Uses an approval up, as part of the transaction that records the intent of the call it is for.
 * @throws RefusalError `APPROVAL_USED` where another call was first, `APPROVAL_EXPIRED` or `APPROVAL_DENIED` where it is
 * over, `APPROVAL_PENDING` where signatures are missing, `APPROVAL_UNKNOWN`; the transaction must then be given up.
 */
export async function useApproval(
  transaction: Transaction<DeskTables>,
  use: { readonly approvalId: string; readonly callId: string; readonly at: number },
): Promise<void> {
  const row = await transaction.selectFrom("approvals").selectAll().where("id", "=", use.approvalId).executeTakeFirst();
  if (row === undefined) {
    throw new RefusalError({ code: "APPROVAL_UNKNOWN", message: `there is no approval "${use.approvalId}"` });
  }
  const { approval, version } = keptOf(row);
  const at = await latestTime(transaction, use.at);
  const next = transition(approval, { kind: "used", at, callId: use.callId });
  if (!next.ok) throw new RefusalError(next.refusal);
  if (await replace(transaction, next.value, version)) return;
  throw new RefusalError({
    code: "APPROVAL_USED",
    message: `approval ${use.approvalId} was used by another call at the same time; it is good for one call`,
    remedy: "look up what became of that call; repeat the call without approvalId to ask anew",
  });
}

/** The condition on the version makes it a compare-and-set, whoever else is writing. */
async function replace(database: Kysely<DeskTables>, next: Approval, version: number): Promise<boolean> {
  const { id, ...row } = rowOf(next);
  const { numUpdatedRows } = await database
    .updateTable("approvals")
    .set({ ...row, version: version + 1 })
    .where("id", "=", id)
    .where("version", "=", version)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

async function latestTime(database: Kysely<DeskTables>, at: number): Promise<number> {
  await database.updateTable("approval_clock").set({ latest: at }).where("latest", "<", at).execute();
  const { latest } = await database.selectFrom("approval_clock").select("latest").executeTakeFirstOrThrow();
  return latest;
}

function rowOf(approval: Approval): Omit<Insertable<DeskTables["approvals"]>, "version"> {
  return {
    id: approval.id,
    principal: approval.binding.principal,
    binding_hash: approval.bindingHash,
    binding: JSON.stringify(approval.binding),
    view: JSON.stringify(approval.view),
    state: approval.state,
    signatures: JSON.stringify(approval.signatures),
    requested_at: approval.requestedAt,
    expires_at: approval.expiresAt,
    decided_at: "decidedAt" in approval ? approval.decidedAt : null,
    denied_by: "deniedBy" in approval ? approval.deniedBy : null,
    used_at: "usedAt" in approval ? approval.usedAt : null,
    call_id: "callId" in approval ? approval.callId : null,
  };
}

function keptOf(row: Row): KeptApproval {
  const common = {
    id: row.id,
    binding: parseJson(row.binding),
    bindingHash: row.binding_hash,
    view: parseJson(row.view),
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    signatures: parseJson(row.signatures),
    state: row.state,
  };
  const ends: Readonly<Record<string, object>> = {
    approved: { decidedAt: row.decided_at },
    denied: { decidedAt: row.decided_at, deniedBy: row.denied_by },
    used: { usedAt: row.used_at, callId: row.call_id },
  };
  return { approval: approvalSchema.parse({ ...common, ...ends[row.state] }), version: row.version };
}
