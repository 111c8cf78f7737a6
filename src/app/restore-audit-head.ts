import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { FoundHeadlessLog, HeadConsent } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import type { AuditEntry } from "../domain/audit-record.ts";
import { argumentsHash } from "../gateway/redact.ts";
import { openAuditHead } from "../store/audit-head.ts";
import { openAuditWatermark } from "../store/audit-watermark.ts";
import { openDatabase } from "../store/database.ts";
import { lockDesk } from "../store/desk-lock.ts";
import { deskMigrations } from "../store/desk/migrations.ts";
import { headlessLog, restoreHead } from "../store/desk/restore-head.ts";
import type { DeskTables } from "../store/desk/schema.ts";
import { OperatorListFile } from "../store/operators/operator-list-file.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { auditKey } from "./credentials.ts";
import { openHome } from "./desk-home.ts";
import { storeLocation } from "./store-location.ts";
import { newId, systemClock } from "./system.ts";

/**
 * Gives an audit log whose head file is gone a new one, if the records hold together and somebody who may consents.
 * Without a desk: one does not start on such a log, and none may while this works.
 */
export async function restoreAuditHead(
  config: Config,
  consent: (found: FoundHeadlessLog) => Promise<HeadConsent>,
): Promise<FoundHeadlessLog | undefined> {
  await using stack = new AsyncDisposableStack();
  const home = openHome(config);
  stack.use(lockDesk(config.dataDir));
  const vault = openVault({ dataDir: config.dataDir, id: home.id, prefer: config.vault });
  const database = await openDatabase<DeskTables>(storeLocation(config, home), deskMigrations);
  stack.defer(() => database.destroy());
  const key = await auditKey(vault, () => randomBytes(32).toString("hex"));
  const headFile = openAuditHead(home.auditHeadFile);
  const log = { database, clock: systemClock, key, headFile, watermark: openAuditWatermark(vault) };
  const headless = await headlessLog(log);
  if (headless === undefined) return undefined;
  const identity = { desk: home.id, demo: home.demo };
  const operators = await OperatorListFile.open({ file: join(config.dataDir, "operators.json"), vault, identity });
  const { head, marked } = headless;
  const found: FoundHeadlessLog = {
    ...identity,
    operators: await operators.state(),
    records: head.count,
    marked,
    head: head.hash,
  };
  const consented = await consent(found);
  await restoreHead(log, headless, entryOf(found, consented, config.profile));
  return found;
}

function entryOf({ records, marked, head }: FoundHeadlessLog, consent: HeadConsent, profile: string): AuditEntry {
  const args = { records, marked, head, consent };
  return {
    kind: "event",
    callId: newId(),
    parentCallId: null,
    principal: typeof consent === "string" ? "cli" : `operator:${consent.operator}`,
    tool: "audit.restore-head",
    class: null,
    profile,
    runId: null,
    argumentsHash: argumentsHash(args),
    arguments: JSON.stringify(args),
    result: "ok",
    detail: `the head file was gone; ${records} records hold together, ${marked} of them by the mark in the vault`,
  };
}
