import type { Terminal } from "../../src/cli/cli-services.ts";

/** A terminal that nobody sits at: what is said is kept, and each question takes the next answer. */
export function scriptedTerminal(answers: string[] = []): { readonly terminal: Terminal; readonly said: () => string } {
  let text = "";
  const say = (part: string): void => void (text += part);
  const answer = (prompt: string): Promise<string> => {
    say(prompt);
    const next = answers.shift();
    return next === undefined ? Promise.reject(new Error("nothing more is typed")) : Promise.resolve(next);
  };
  const asks = { readLine: answer, readSecret: answer, readPassphrase: answer };
  const looks = { isTerminal: false, isInteractive: false, colour: false, columns: 100 };
  return { terminal: { ...looks, out: say, err: say, ...asks }, said: () => text };
}
