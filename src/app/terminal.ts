import { createInterface } from "node:readline";
import { RefusalError } from "../domain/refusal.ts";
import type { Terminal } from "../cli/cli-services.ts";
import { readPassphrase } from "./passphrase-prompt.ts";

/** The terminal of this process. Closed pipes end output silently: `quantwright … | head` is no fault. */
export function processTerminal(colour: boolean): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  return {
    isTerminal: process.stderr.isTTY,
    isInteractive: process.stderr.isTTY && process.stdin.isTTY,
    colour,
    columns: process.stderr.columns > 0 ? process.stderr.columns : 100,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readLine: (prompt) => ask(prompt, false),
    readSecret: (prompt) => ask(prompt, true),
    readPassphrase,
  };
}

const pipedLines: { next(): Promise<string> } = (() => {
  let iterator: AsyncIterator<string> | undefined;
  return {
    async next() {
      iterator ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
      const line = await iterator.next();
      if (line.done === true)
        throw new RefusalError({
          code: "USAGE",
          message: "standard input ended before everything was given",
          remedy: "give one line for each question, user id first",
        });
      return line.value;
    },
  };
})();

function ask(prompt: string, hidden: boolean): Promise<string> {
  if (!process.stdin.isTTY) return pipedLines.next();
  process.stderr.write(prompt);
  return new Promise((resolve, reject) => {
    let typed = "";
    process.stdin.setRawMode(true).setEncoding("utf8").resume();
    const finish = (result: string | Error): void => {
      process.stdin.off("data", received).setRawMode(false).pause();
      process.stderr.write("\n");
      if (typeof result === "string") resolve(result);
      else reject(result);
    };
    const received = (text: string): void => {
      for (const character of text) {
        if (character === "\r" || character === "\n") return finish(typed);
        if (character === "\u0003" || character === "\u0004")
          return finish(new RefusalError({ code: "CANCELLED", message: "nothing was stored" }));
        if (character === "\u007f" || character === "\b") typed = typed.slice(0, -1);
        else typed += character;
      }
      if (!hidden) process.stderr.write(`\r\u001b[2K${prompt}${typed}`);
    };
    process.stdin.on("data", received);
  });
}
