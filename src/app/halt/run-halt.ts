import { setTimeout as delay } from "node:timers/promises";
import type { CliSession } from "../../cli/cli-services.ts";
import { pursueHalt, type HaltOutcome } from "../../clients/halt/pursue-halt.ts";
import type { Config } from "../../config.ts";
import { openVault } from "../../store/vault/open-vault.ts";
import { ControlClient } from "../control-client.ts";
import { connectToDesk } from "../desk-connection.ts";
import { openHome } from "../desk-home.ts";
import { systemClock } from "../system.ts";
import { keepHaltMark, writeHaltFile } from "./halt-mark.ts";
import { haltTargetOf } from "./halt-target-of.ts";

type HaltCommand = Parameters<CliSession["halt"]>[0];

/** A desk that does not answer in this time is taken for wedged. */
const DESK_MILLISECONDS = 1500;
const PATIENCE_MILLISECONDS = 60_000;

/**
 * Halts without a desk: first the file that closes the gate, then, all at once, the desk's own latch where a desk
 * answers, a mark in the vault, and the accounts themselves with a credential of their own.
 */
export async function runHalt(
  config: Config,
  command: HaltCommand,
): Promise<
  HaltOutcome & { readonly gate: "closed" | "by the desk"; readonly desk: "latched" | "not there" | "silent" }
> {
  const begun = performance.now();
  const { account, flatten, reason, onState } = command;
  const home = openHome(config);
  if (account === undefined) writeHaltFile(home.haltFile, config.dataDir, { by: "quantwright halt", reason });
  const latched = latchDesk(config, { account: account ?? null, reason });
  const vault = openVault({ dataDir: config.dataDir, id: home.id, prefer: config.vault });
  const marked =
    account === undefined
      ? keepHaltMark(vault, { since: systemClock.now(), reason }).catch(() => undefined)
      : Promise.resolve();
  const target = await haltTargetOf(config, { cloudDir: home.cloudDir, vault });
  const outcome: HaltOutcome =
    target === undefined
      ? { accounts: [], confirmed: true }
      : await pursueHalt(target, {
          deployId: account,
          flatten,
          patienceMilliseconds: PATIENCE_MILLISECONDS,
          wait: (milliseconds) => delay(milliseconds),
          onState: (seen) => onState({ ...seen, milliseconds: Math.round(performance.now() - begun) }),
        });
  await marked;
  const desk = await latched;
  // One account is closed by the desk's latch alone: without it, only its broker holds.
  const confirmed = outcome.confirmed && (account === undefined || desk === "latched");
  return { ...outcome, confirmed, gate: account === undefined ? "closed" : "by the desk", desk };
}

/** Tells a running desk, and does not wait for one that says nothing. */
async function latchDesk(
  config: Config,
  halt: { readonly account: string | null; readonly reason: string },
): Promise<"latched" | "not there" | "silent"> {
  const told = async (): Promise<"latched" | "not there"> => {
    const connected = await connectToDesk(config, { kind: "cli", channel: "control" });
    if (connected === undefined) return "not there";
    await using control = new ControlClient(connected.socket);
    await control.request("halt.latch", halt);
    return "latched";
  };
  return Promise.race([
    told().catch((): "silent" => "silent"),
    delay(DESK_MILLISECONDS, "silent" as const, { ref: false }),
  ]);
}
