import { spawn, spawnSync } from "node:child_process";
import { parseJson } from "../../src/domain/parse-json.ts";
import { PROGRAM, ROOT } from "./e2e-home.ts";

/** Whether a pseudo-terminal can be had here: `script` of util-linux. What needs it is skipped elsewhere. */
export const HAS_TERMINAL: boolean =
  process.platform === "linux" && /util-linux/.test(String(spawnSync("script", ["--version"]).stdout));

export interface TerminalRun {
  readonly code: number | null;
  /** Everything that the terminal showed. */
  readonly shown: string;
  /** The last line that is JSON. */
  json(): Record<string, unknown>;
}

const PATIENCE = 60_000;

/** Runs one command line in a pseudo-terminal and types an answer each time when the next prompt stands at the end. */
export function runInTerminal(
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly answers: readonly (readonly [prompt: string, answer: string])[];
    /** Appended to the command line as it is, such as a redirection. */
    readonly shell?: string;
  },
): Promise<TerminalRun> {
  const command = [process.execPath, PROGRAM, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["-qfec", `${command} ${options.shell ?? ""}`, "/dev/null"], {
    env: { ...options.env, SHELL: "/bin/sh" },
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const answers = [...options.answers];
  let shown = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    shown += part;
    const [next] = answers;
    if (next === undefined || !shown.slice(seen).trimEnd().endsWith(next[0])) return;
    answers.shift();
    seen = shown.length;
    child.stdin.write(`${next[1]}\r`);
  });
  child.stdin.on("error", () => undefined);
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      if (answers.length > 0) return reject(new Error(`"${answers[0]?.[0]}" was never asked: ${shown}`));
      const json = (): Record<string, unknown> => {
        const line = shown.split(/\r?\n/).findLast((one) => one.startsWith("{"));
        return parseJson(line ?? "null") as Record<string, unknown>;
      };
      resolve({ code, shown, json });
    });
  });
}

/** Runs one command line in a session of its own, which has no terminal, with `input` as standard input. */
export function runWithoutTerminal(
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly input: string },
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: options.env, cwd: ROOT, detached: true });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (out += part));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out });
    });
  });
}
