import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PROGRAM } from "../test/support/e2e-home.ts";
import { openTradingHome, type TradingHome } from "../test/support/e2e-trading.ts";
import type { Figure, Log, Measurement } from "./figure.ts";

const LOOK_MILLISECONDS = 1;

/** The kill switch on a paper deployment that holds a position: with the desk at work, and with it stopped. */
export async function measureHalt(log: Log): Promise<Measurement> {
  const figures: Figure[] = [];
  for (const desk of ["working", "stopped"] as const) {
    log(`halt with the desk ${desk}`);
    await using home = await openTradingHome();
    const deployment = await home.deploy();
    await home.buy(deployment, 10);
    figures.push(...(await measured(home, desk)));
  }
  return { title: "The kill switch, from the start of its command", figures };
}

async function measured(home: TradingHome, desk: "working" | "stopped"): Promise<Figure[]> {
  const pid = (await home.status())?.pid ?? 0;
  if (desk === "stopped") process.kill(pid, "SIGSTOP");
  try {
    const file = join(home.dataDir, "HALT");
    rmSync(file, { force: true });
    const begun = performance.now();
    const child = spawn(process.execPath, [PROGRAM, "halt", "--flatten", "--json"], {
      env: { ...home.env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const flat = new Promise<number>((resolve, reject) => {
      let words = "";
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        words += part;
        if (words.includes('"FLAT"')) resolve(performance.now() - begun);
      });
      child.once("exit", () => reject(new Error(`the halt ended without proof: ${words}`)));
    });
    flat.catch(() => undefined);
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    const closed = performance.now() - begun;
    return [
      { name: `gate closed, desk ${desk}`, value: closed, unit: "ms", goal: "< 100" },
      { name: `confirmed flat, desk ${desk}`, value: await flat, unit: "ms", goal: "< 5,000" },
    ];
  } finally {
    if (desk === "stopped") process.kill(pid, "SIGCONT");
  }
}
