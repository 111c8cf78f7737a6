import { watch } from "node:fs";
import { dirname, basename } from "node:path";
import type { AuditEntry } from "../../domain/audit-record.ts";
import { isoTime } from "../../domain/clock.ts";
import type { Principal } from "../../domain/principal.ts";
import { verifyRearm, type Rearming } from "../../gateway/approvals/rearm.ts";
import type { HaltGate, HaltNotice } from "../../gateway/halt-gate.ts";
import type { LedgerPort } from "../../gateway/ledger-port.ts";
import { argumentsHash } from "../../gateway/redact.ts";
import { EVERY_ACCOUNT, type RiskBook } from "../../gateway/risk/risk-book.ts";
import type { OperatorsState } from "../../domain/operator.ts";
import type { DeskIdentity } from "../../gateway/approvals/operator-list.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { HaltTarget } from "../../clients/halt/halt-target.ts";
import type { Vault } from "../../store/vault/vault.ts";
import { fileNotice, HALT_FILE, latched } from "../halt-file.ts";
import { newId, systemClock } from "../system.ts";
import { clearHaltMarks, haltMark } from "./halt-mark.ts";

export interface DeskHaltParts {
  readonly file: string;
  readonly vault: Vault;
  readonly book: RiskBook;
  readonly gate: HaltGate;
  readonly ledger: LedgerPort;
  readonly operators: () => Promise<OperatorsState>;
  readonly identity: DeskIdentity;
  readonly profile: string;
  readonly target: () => Promise<HaltTarget | undefined>;
  readonly log: (message: string) => void;
}

/**
 * The desk's side of a halt: it latches what the file or the mark says, so that deleting either opens nothing, and only
 * an operator's signature takes all of them away.
 */
export class DeskHalt implements Disposable {
  readonly #parts: DeskHaltParts;
  readonly #stop: () => void;

  private constructor(parts: DeskHaltParts, stop: () => void) {
    this.#parts = parts;
    this.#stop = stop;
  }

  /** Latches what was asked for while no desk was there, and from now on whenever the file appears. */
  static async open(parts: DeskHaltParts): Promise<DeskHalt> {
    const mark = await haltMark(parts.vault);
    if (mark !== undefined) await latch(parts, { account: null, reason: `${mark.reason} (kept mark)`, by: "cli" });
    else await latchFile(parts);
    const seen = (): void => {
      const isOpen = parts.book.stateOf(EVERY_ACCOUNT).mode.kind !== "HALTED";
      if (isOpen) latchFile(parts).catch((error: unknown) => parts.log(`halt not latched: ${String(error)}`));
    };
    const watcher = watch(dirname(parts.file), (_, name) => {
      if (name === null || name === basename(parts.file)) seen();
    });
    watcher.on("error", (error) => parts.log(`the file HALT is not watched: ${error.message}`));
    // Not every file system tells of changes.
    const timer = setInterval(seen, 1000);
    return new DeskHalt(parts, () => {
      clearInterval(timer);
      watcher.close();
    });
  }

  /** Closes the gate for everything, or for one account; at once, and durable when it resolves. */
  latch(halt: { readonly account: string | null; readonly reason: string; readonly by: Principal }): Promise<void> {
    return latch(this.#parts, halt);
  }

  /** The halt that holds for everything or for an account. */
  notice(account: string | null): HaltNotice | undefined {
    return this.#parts.gate.closed(account);
  }

  /** All that is halted: the desk first, then accounts that are halted by themselves. */
  notices(): readonly HaltNotice[] {
    const { gate, book } = this.#parts;
    const all = [gate.closed(null), ...book.haltedAccounts().map((account) => latched(book, account))];
    return all.filter((notice) => notice !== undefined);
  }

  /**
   * Opens the gate again on an operator's word.
   * @throws RefusalError with the code of what is wrong with it.
   */
  async rearm(rearming: Rearming): Promise<void> {
    const { gate, book, vault, file, target } = this.#parts;
    const account = rearming.target === "desk" ? null : rearming.target;
    const notice = gate.closed(account);
    if (notice === undefined) return;
    const operators = await this.#parts.operators();
    const now = { operators, identity: this.#parts.identity, at: systemClock.now() };
    const verified = verifyRearm(rearming, { ...now, target: notice.target, haltId: notice.haltId });
    const by: Principal = verified.ok ? `operator:${verified.value}` : "cli";
    await record(this.#parts, {
      tool: "rearm",
      by,
      result: verified.ok ? "ok" : verified.refusal.code,
      detail: `${notice.target}: halted at ${isoTime(notice.since)}, ${notice.reason}`,
    });
    if (!verified.ok) throw new RefusalError(verified.refusal);
    const isDesk = notice.target === "desk";
    // The brokers first: where one does not answer, nothing is open yet.
    await (await target())?.rearm(isDesk ? undefined : notice.target);
    if (isDesk) await clearHaltMarks(vault, file);
    await book.rearm(isDesk ? EVERY_ACCOUNT : notice.target, by);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}

/** Latches what the file says, where there is one. */
async function latchFile(parts: DeskHaltParts): Promise<void> {
  const found = fileNotice(parts.file);
  if (found === undefined) return;
  const reason = found.by === HALT_FILE ? "the file HALT was found" : found.reason;
  await latch(parts, { account: null, reason, by: "desk" });
}

async function latch(
  parts: DeskHaltParts,
  halt: { readonly account: string | null; readonly reason: string; readonly by: Principal },
): Promise<void> {
  const { account, reason, by } = halt;
  await parts.book.halt(account ?? EVERY_ACCOUNT, reason);
  parts.log(`trading is halted for ${account ?? "everything"}: ${reason}`);
  // It holds without its record, which may be what failed.
  await record(parts, { tool: "halt", by, result: "ok", detail: `${account ?? "desk"}: ${reason}` }).catch(
    (error: unknown) => parts.log(`the halt is not on record: ${String(error)}`),
  );
}

async function record(
  parts: DeskHaltParts,
  event: { readonly tool: string; readonly by: Principal; readonly result: string; readonly detail: string },
): Promise<void> {
  const entry: AuditEntry = {
    kind: "event",
    callId: newId(),
    parentCallId: null,
    principal: event.by,
    tool: event.tool,
    class: "admin",
    profile: parts.profile,
    runId: null,
    argumentsHash: argumentsHash({}),
    arguments: "{}",
    result: event.result,
    detail: event.detail.slice(0, 2000),
  };
  await parts.ledger.commit({ entry });
}
