import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";
import { PROGRAM, ROOT } from "../../test/support/e2e-home.ts";

/** How a call ended for its caller: answered, refused or failed with a code, or never answered because serve died. */
export type CallEnd = "ok" | "serve died" | "no answer" | (string & {});

const frameSchema = z.looseObject({
  id: z.number().optional(),
  result: z.looseObject({ isError: z.boolean().optional() }).optional(),
  error: z.unknown().optional(),
});
const ANSWER_MILLISECONDS = 90_000;

/** A desktop client: an MCP session through a `serve` of its own, which it starts again when that dies. */
export class ServeCaller {
  readonly #env: NodeJS.ProcessEnv;
  readonly #waiting = new Map<number, (end: CallEnd) => void>();
  #child: ChildProcess | undefined;
  #lastId = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async call(tool: string, args: unknown): Promise<CallEnd> {
    if (this.#child === undefined) await this.#start();
    // It may have been killed before it could be asked anything.
    if (this.#child === undefined) return "serve died";
    return this.#ask("tools/call", { name: tool, arguments: args });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.stdin?.end();
    const forced = setTimeout(() => child.kill("SIGKILL"), 5000);
    await closed;
    clearTimeout(forced);
  }

  async #start(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, "serve", "--toolset", "full"], {
      env: this.#env,
      cwd: ROOT,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => this.#heard(line));
    child.once("close", () => {
      this.#child = undefined;
      for (const [id, tell] of this.#waiting) {
        this.#waiting.delete(id);
        tell("serve died");
      }
    });
    const clientInfo = { name: "soak", version: "1" };
    await this.#ask("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  }

  #ask(method: string, params: unknown): Promise<CallEnd> {
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => tell("no answer"), ANSWER_MILLISECONDS);
      const tell = (end: CallEnd): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(end);
      };
      this.#waiting.set(id, tell);
      this.#child?.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  #heard(line: string): void {
    const { id, result, error } = frameSchema.parse(parseJson(line));
    if (id === undefined) return;
    const tell = this.#waiting.get(id);
    if (tell === undefined) throw new Error(`an answer that nobody waits for: ${line.slice(0, 200)}`);
    tell(result !== undefined && result.isError !== true && error === undefined ? "ok" : codeIn(line));
  }
}

/** The code of a refusal or an error. */
export function codeIn(text: string): string {
  const code = /[A-Z]{3,}(?:_[A-Z]+)+/.exec(text)?.[0];
  return code ?? /"message":"([^"]{1,60})/.exec(text)?.[1] ?? `failed: ${text.slice(0, 120)}`;
}
