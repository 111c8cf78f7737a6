import { RefusalError } from "../domain/refusal.ts";
import type { Terminal } from "./cli-services.ts";

/** Goes on once somebody typed the word in a terminal. @throws RefusalError `TERMINAL_REQUIRED`, `CANCELLED` */
export async function agree(terminal: Terminal, question: string, word: string): Promise<void> {
  if (!terminal.isTerminal) {
    throw new RefusalError({
      code: "TERMINAL_REQUIRED",
      message: "somebody has to agree to this in a terminal, and there is none",
      remedy: "run it in a terminal, or add --yes in a script of your own",
    });
  }
  if ((await terminal.readLine(question)).trim() === word) return;
  throw new RefusalError({ code: "CANCELLED", message: "nothing was changed" });
}
