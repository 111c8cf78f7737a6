import { closeSync, openSync, writeSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import { RefusalError } from "../domain/refusal.ts";

const LONGEST = 1024;

/**
 * Asks for a passphrase on the terminal that this process was started from, whatever its standard input and output
 * are: what cannot be seen there cannot be signed, and nothing but a terminal is read.
 * @throws RefusalError `TERMINAL_REQUIRED` where there is none, `CANCELLED` for Ctrl-C and Ctrl-D.
 */
export async function readPassphrase(prompt: string): Promise<string> {
  const output = openTerminal(process.platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", "r+");
  try {
    const input = new ReadStream(openTerminal(process.platform === "win32" ? "\\\\.\\CONIN$" : "/dev/tty", "r+"));
    try {
      // Before the prompt: who answers it at once must not see what he types.
      input.setRawMode(true);
      writeSync(output, prompt);
      return await typedLine(input);
    } finally {
      input.setRawMode(false);
      input.destroy();
      writeSync(output, "\n");
    }
  } finally {
    closeSync(output);
  }
}

function openTerminal(path: string, flags: string): number {
  let file: number | undefined;
  try {
    file = openSync(path, flags);
    if (isatty(file)) return file;
  } catch {
    // Said below: ENXIO, ENOENT and EACCES all mean that there is no terminal to ask on.
  }
  if (file !== undefined) closeSync(file);
  throw new RefusalError({
    code: "TERMINAL_REQUIRED",
    message: "a passphrase is typed in a terminal, and this command was started without one",
    remedy: "run it yourself in a terminal; there is no option, variable or pipe for a passphrase",
  });
}

function typedLine(input: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    input.on("error", reject);
    input.setEncoding("utf8");
    input.on("data", (text: string) => {
      // An arrow key is no part of a passphrase.
      if (text.startsWith("\u001b")) return;
      for (const character of text) {
        if (character === "\r" || character === "\n") return resolve(typed.join(""));
        if (character === "\u0003" || character === "\u0004") return reject(cancelled());
        if (character === "\u007f" || character === "\b") typed.pop();
        else if (character === "\u0015") typed = [];
        else if (character >= " " && typed.length < LONGEST) typed.push(character);
      }
    });
    input.on("close", () => reject(cancelled()));
  });
}

function cancelled(): RefusalError {
  return new RefusalError({ code: "CANCELLED", message: "nothing was signed or changed", remedy: "run it again" });
}
