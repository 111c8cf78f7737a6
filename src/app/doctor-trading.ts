import { z } from "zod";
import type { CheckResult } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import { isoTime } from "../domain/clock.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { HaltNotice } from "../gateway/halt-gate.ts";
import { openVault } from "../store/vault/open-vault.ts";
import { ControlClient } from "./control-client.ts";
import { connectToDesk } from "./desk-connection.ts";
import { openHome } from "./desk-home.ts";
import { haltMark } from "./halt/halt-mark.ts";
import { fileNotice } from "./halt-file.ts";

const haltsSchema = z.object({
  halts: z.array(z.object({ target: z.string(), since: z.int(), by: z.string(), reason: z.string() })),
});

type Halt = Omit<HaltNotice, "haltId">;

/** Whether trading is halted: as the desk says, or where none runs, as the file and the kept mark say. */
export async function tradingCheck(config: Config): Promise<Omit<CheckResult, "name">> {
  const running = await connectToDesk(config, { kind: "cli", channel: "control" });
  if (running !== undefined) {
    await using client = new ControlClient(running.socket);
    const { halts } = haltsSchema.parse(await client.request("halt.list"));
    return halts.length === 0 ? { state: "ok", detail: "not halted" } : halted(halts);
  }
  const { id, haltFile } = openHome(config);
  const file = fileNotice(haltFile);
  if (file !== undefined) return halted([file]);
  const mark = await haltMark(openVault({ dataDir: config.dataDir, id, prefer: config.vault }));
  if (mark !== undefined) return halted([{ target: "desk", by: "quantwright halt", ...mark }]);
  return { state: "ok", detail: "no halt was asked for on the command line; a running desk knows of others" };
}

function halted(halts: readonly Halt[]): Omit<CheckResult, "name"> {
  const texts = halts.map(({ target, since, by, reason }) => {
    const what = target === "desk" ? "halted" : `halted for account ${visibleText(target)}`;
    return `${what} since ${isoTime(since)} by ${visibleText(by)}: ${visibleText(reason, 500)}`;
  });
  const [first] = halts;
  const account = first === undefined || first.target === "desk" ? "" : ` --account ${visibleText(first.target)}`;
  return { state: "warning", detail: texts.join("; "), remedy: `an operator: quantwright rearm${account}` };
}
