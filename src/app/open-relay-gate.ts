import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { SecretMask } from "../clients/secret-mask.ts";
import type { Config } from "../config.ts";
import { policySchema } from "../domain/policy.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { EffectivePolicy } from "../gateway/policy/effective-policy.ts";
import { RelayGate, type RelayedEnd } from "../gateway/relay-gate.ts";
import { wrapRefusal } from "../gateway/wrap.ts";
import { answerOf } from "../server/relay/forward-answer.ts";
import type { ForwardOutcome, ToolGate } from "../server/relay/relay-ports.ts";
import { openAuditHead } from "../store/audit-head.ts";
import { openAuditWatermark } from "../store/audit-watermark.ts";
import { openDatabase } from "../store/database.ts";
import { lockDesk } from "../store/desk-lock.ts";
import { Ledger } from "../store/desk/ledger.ts";
import { deskMigrations } from "../store/desk/migrations.ts";
import { closeOpenIntents } from "../store/desk/open-intents.ts";
import type { DeskTables } from "../store/desk/schema.ts";
import { readDocument } from "../store/json-document.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { auditKey } from "./credentials.ts";
import { shippedPolicy } from "./desk-controls.ts";
import { openHome } from "./desk-home.ts";
import { fileNotice } from "./halt-file.ts";
import { newId, systemClock } from "./system.ts";

export interface OpenedRelayGate extends AsyncDisposable {
  readonly gate: ToolGate;
  /** Where its records are. */
  readonly folder: string;
}

const MOST_RELAYS = 64;

/**
 * The gate of a relay, with an audit log of its own in the data directory: one folder for each server, and for each
 * relay that runs at the same time. Without a policy file the shipped policy decides, to which unknown tools are `live`.
 */
export async function openRelayGate(
  config: Config,
  relay: {
    readonly upstream: string;
    /** What tells one server from another: its command or its address. */
    readonly identity: string;
    readonly policyFile: string | undefined;
    readonly allowAll: boolean;
    readonly log: (message: string) => void;
  },
): Promise<OpenedRelayGate> {
  const policy = relay.allowAll ? undefined : policyOf(config, relay.policyFile);
  await using stack = new AsyncDisposableStack();
  const home = openHome(config);
  const mask = new SecretMask();
  const folder = lockedFolder(config, relay.identity, stack);
  const vault = openVault({ dataDir: config.dataDir, id: home.id, prefer: config.vault });
  const key = await auditKey(vault, () => randomBytes(32).toString("hex"));
  mask.add(key);
  const database = await openDatabase<DeskTables>({ kind: "sqlite", file: join(folder, "relay.db") }, deskMigrations);
  stack.defer(() => database.destroy());
  const headFile = openAuditHead(join(folder, "audit-head.json"));
  const watermark = openAuditWatermark(vault, `relays/${basename(folder)}`);
  const ledger = await Ledger.open({ database, clock: systemClock, key, headFile, watermark });
  stack.defer(() => ledger.close());
  await closeOpenIntents(database, ledger);
  const gate = new RelayGate({
    policy,
    upstream: relay.upstream,
    halt: { closed: () => fileNotice(home.haltFile) },
    ledger,
    clock: systemClock,
    newId,
    mask: (text) => mask.apply(text),
    log: relay.log,
  });
  const owned = stack.move();
  return { gate: toolGate(gate), folder, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function toolGate(gate: RelayGate): ToolGate {
  return {
    listed(tools) {
      gate.listed(tools);
      return tools;
    },
    lacks: (name) => gate.lacks(name),
    async call(request) {
      const done = await gate.call(request, async () => {
        const outcome = await request.forward(request.arguments);
        return { end: endOf(outcome), answer: answerOf(outcome, "tools/call") };
      });
      if ("answer" in done) return done.answer;
      return { result: { ...wrapRefusal(done.refusal, undefined) } };
    },
  };
}

function endOf(outcome: ForwardOutcome): RelayedEnd {
  switch (outcome.kind) {
    case "answer": {
      const isError = "error" in outcome || outcome.result["isError"] === true;
      return { kind: "answer", sent: true, isError, reason: "error" in outcome ? outcome.error.message : "" };
    }
    case "lost":
      return { kind: "lost", sent: outcome.sent, isError: true, reason: outcome.reason };
    case "refused":
      return { kind: "refused", sent: true, isError: true, reason: outcome.reason };
    case "cancelled":
      return { kind: "cancelled", sent: true, isError: true, reason: "the client cancelled it" };
  }
}

/** @throws RefusalError `POLICY_UNREADABLE` with the line that is wrong. */
function policyOf(config: Config, file: string | undefined): EffectivePolicy {
  const versionOf = (policy: unknown): string => createHash("sha256").update(JSON.stringify(policy)).digest("hex");
  if (file === undefined) {
    const shipped = shippedPolicy(config);
    return { kind: "policy", shipped, own: undefined, version: versionOf(shipped) };
  }
  const found = readDocument(file, policySchema);
  if (found.kind === "read") {
    return { kind: "policy", shipped: found.value, own: undefined, version: versionOf(found.value) };
  }
  throw new RefusalError({
    code: "POLICY_UNREADABLE",
    message: found.kind === "absent" ? `there is no policy file ${file}` : found.reason,
    remedy: 'write {"version":1,"rules":[{"id":"mine","effect":"allow","when":{"tools":["NAME"]},"reason":"…"}]}',
  });
}

/** The first free folder of a server: two relays in front of the same one write records of their own. */
function lockedFolder(config: Config, identity: string, stack: AsyncDisposableStack): string {
  const name = createHash("sha256").update(identity).digest("hex").slice(0, 16);
  for (let place = 1; place <= MOST_RELAYS; place += 1) {
    const folder = join(config.dataDir, "relays", place === 1 ? name : `${name}-${place}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      stack.use(lockDesk(folder));
      return folder;
    } catch (error) {
      if (!(error instanceof RefusalError) || error.refusal.code !== "DESK_ALREADY_RUNS") throw error;
    }
  }
  throw new RefusalError({
    code: "DESK_ALREADY_RUNS",
    message: `${MOST_RELAYS} relays in front of this server run already`,
    remedy: "end those that nobody needs",
  });
}
