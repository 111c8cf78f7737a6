import { spawn, type ChildProcess } from "node:child_process";
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { parseJson } from "../src/domain/parse-json.ts";

const answerSchema = z.looseObject({ id: z.number().optional(), error: z.unknown().optional() });

/** A client without a library, so that what is measured is not the client. */
export interface RawClient extends AsyncDisposable {
  readonly pid: number;
  /** Sends one request and resolves with its answer. */
  ask(method: string, params: unknown): Promise<void>;
}

const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1" },
};

/** Starts a server on standard streams and shakes hands. */
export async function openStdio(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<RawClient> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], env });
  const waiting = new Map<number, (error?: Error) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, error } = answerSchema.parse(parseJson(line));
    if (id === undefined) return;
    waiting.get(id)?.(error === undefined ? undefined : new Error(line));
    waiting.delete(id);
  });
  let lastId = 0;
  const ask: RawClient["ask"] = (method, params) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, (error) => (error === undefined ? resolve() : reject(error)));
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: lastId, method, params })}\n`);
    });
  await ask("initialize", INITIALIZE);
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  return { pid: child.pid ?? 0, ask, [Symbol.asyncDispose]: () => ended(child, () => child.stdin.end()) };
}

/** Starts a server over HTTP, waits for it at `url` or at the address that it says, and shakes hands. */
export async function openHttp(
  command: string,
  args: readonly string[],
  options: { readonly url?: string; readonly env: NodeJS.ProcessEnv },
): Promise<RawClient> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], env: options.env, detached: true });
  const url = options.url ?? (await addressOf(child));
  child.stdout.resume();
  const agent = new Agent({ keepAlive: true });
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const post = (message: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method: "POST", agent, headers }, (response) => {
        const session = response.headers["mcp-session-id"];
        if (typeof session === "string") headers["mcp-session-id"] = session;
        const status = response.statusCode ?? 0;
        text(response).then((body) => (status < 300 ? resolve(body) : reject(new Error(`${status}: ${body}`))), reject);
      });
      sent.once("error", reject);
      sent.end(JSON.stringify(message));
    });
  let lastId = 0;
  const ask: RawClient["ask"] = async (method, params) => {
    lastId += 1;
    const body = await post({ jsonrpc: "2.0", id: lastId, method, params });
    if (!body.includes('"result"')) throw new Error(body);
  };
  const client: RawClient = {
    pid: child.pid ?? 0,
    ask,
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      await ended(child, () => process.kill(-(child.pid ?? 0), "SIGTERM"));
    },
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await ask("initialize", INITIALIZE);
      break;
    } catch (error) {
      if (attempt >= 100) {
        await client[Symbol.asyncDispose]();
        throw error;
      }
      await delay(100);
    }
  }
  headers["mcp-protocol-version"] = "2025-11-25";
  await post({ jsonrpc: "2.0", method: "notifications/initialized" });
  return client;
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (part: Buffer) => {
      said += part.toString("utf8");
      const url = /http:\/\/[\d.]+:\d+\/mcp/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    });
    child.once("close", () => reject(new Error(`the server ended before it said its address: ${said}`)));
  });
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  const closed = new Promise((resolve) => child.once("close", resolve));
  end();
  const forced = setTimeout(() => child.kill("SIGKILL"), 3000);
  await closed;
  clearTimeout(forced);
}
