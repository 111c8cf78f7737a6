import { createInterface } from "node:readline";
import { duplexPair, PassThrough, type Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";
import { StdioFront } from "../../src/server/stdio-front.ts";
import { eventually } from "../support/e2e-processes.ts";

const frameSchema = z.looseObject({ id: z.union([z.string(), z.number()]).optional(), method: z.string().optional() });
type Frame = z.infer<typeof frameSchema>;

/** The far end of one connection: what the desk got, and what it says. */
class ScriptedDesk {
  readonly got: Frame[] = [];
  readonly #stream: Duplex;

  constructor(stream: Duplex) {
    this.#stream = stream;
    createInterface({ input: stream }).on("line", (line) => this.got.push(frameSchema.parse(parseJson(line))));
  }

  say(frame: unknown): void {
    this.#stream.write(`${JSON.stringify(frame)}\n`);
  }

  get gone(): boolean {
    return this.#stream.destroyed;
  }

  die(): void {
    this.#stream.destroy();
  }
}

/** A front between a client and desks that come and go. */
function openFront(options: { readonly refuses?: boolean; readonly deaf?: boolean } = {}): {
  readonly desks: ScriptedDesk[];
  readonly heard: Frame[];
  readonly raw: string[];
  readonly ask: (frame: unknown) => void;
  /** Lets the next desk come; before that, whoever connects waits. */
  readonly admit: () => void;
  readonly end: () => Promise<void>;
} {
  const input = new PassThrough();
  const output = new PassThrough();
  const desks: ScriptedDesk[] = [];
  const heard: Frame[] = [];
  const raw: string[] = [];
  createInterface({ input: output }).on("line", (line) => {
    raw.push(line);
    heard.push(frameSchema.parse(parseJson(line)));
  });
  const doors: (() => void)[] = [];
  let open = 0;
  const connect = async (signal: AbortSignal): Promise<Duplex> => {
    if (options.refuses === true) throw new Error("no desk for you");
    if (open > 0) open -= 1;
    else
      await new Promise<void>((resolve, reject) => {
        doors.push(resolve);
        if (options.deaf !== true) signal.addEventListener("abort", () => reject(new Error("the client went away")));
      });
    const [near, far] = duplexPair();
    far.on("close", () => near.destroy());
    near.on("close", () => far.destroy());
    far.on("end", () => far.end());
    desks.push(new ScriptedDesk(far));
    return near;
  };
  const front = new StdioFront({ input, output, connect, log: () => undefined });
  const done = front.run();
  return {
    desks,
    heard,
    raw,
    ask: (frame) => void input.write(typeof frame === "string" ? `${frame}\n` : `${JSON.stringify(frame)}\n`),
    admit: () => {
      const door = doors.shift();
      if (door === undefined) open += 1;
      else door();
    },
    async end() {
      input.end();
      await done;
    },
  };
}

const INITIALIZE = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18" } };
const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };
const call = (id: number): Frame => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "run_backtest" } });
const has = (frames: readonly Frame[], id: Frame["id"]): boolean => frames.some((frame) => frame.id === id);

describe("the stdio face of the desk", () => {
  it("passes frames both ways as they are, also what it does not understand", async () => {
    const front = openFront();
    front.admit();
    front.ask({ jsonrpc: "2.0", id: "a", method: "tools/list", params: { odd: ["ü", 1e21] } });
    expect(await eventually(() => front.desks[0]?.got.length === 1)).toBe(true);
    expect(front.desks[0]?.got).toEqual([
      { jsonrpc: "2.0", id: "a", method: "tools/list", params: { odd: ["ü", 1e21] } },
    ]);
    front.desks[0]?.say({ jsonrpc: "2.0", id: "a", result: { tools: [] } });
    front.desks[0]?.say({ jsonrpc: "2.0", method: "notifications/unheard-of" });
    expect(await eventually(() => front.heard.length === 2)).toBe(true);
    expect(front.raw[0]).toBe('{"jsonrpc":"2.0","id":"a","result":{"tools":[]}}');
    await front.end();
  });

  it("keeps what comes before there is a desk, in its order", async () => {
    const front = openFront();
    front.ask(INITIALIZE);
    front.ask(INITIALIZED);
    front.ask(call(2));
    front.admit();
    expect(await eventually(() => front.desks[0]?.got.length === 3)).toBe(true);
    expect(front.desks[0]?.got.map(({ method }) => method)).toEqual([
      "initialize",
      "notifications/initialized",
      "tools/call",
    ]);
    await front.end();
  });

  it("keeps a bounded number of requests and refuses the others at once", async () => {
    const front = openFront();
    for (let id = 1; id <= 1005; id += 1) front.ask(call(id));
    expect(await eventually(() => front.heard.length === 5)).toBe(true);
    expect(front.heard.map(({ id }) => id)).toEqual([1001, 1002, 1003, 1004, 1005]);
    expect(front.raw[0]).toContain("too many requests wait");
    front.admit();
    expect(await eventually(() => front.desks[0]?.got.length === 1000)).toBe(true);
    await front.end();
  });

  it("serves nobody who went away before there was a desk", async () => {
    const front = openFront({ deaf: true });
    const ended = front.end();
    front.admit();
    await ended;
    expect(front.desks[0]?.gone).toBe(true);
  });

  it("answers what waits with the reason when no desk can be had", async () => {
    const front = openFront({ refuses: true });
    front.ask(call(7));
    expect(await eventually(() => has(front.heard, 7))).toBe(true);
    expect(front.raw[0]).toContain("no desk for you");
    await front.end();
  });
});

describe("when the desk goes away, the stdio face", () => {
  it("answers each pending request once with what to look up, and sends none of them again", async () => {
    const front = openFront();
    front.admit();
    front.ask(INITIALIZE);
    front.ask(call(2));
    front.ask(call(3));
    expect(await eventually(() => front.desks[0]?.got.length === 3)).toBe(true);
    front.desks[0]?.say({ jsonrpc: "2.0", id: 1, result: {} });
    front.desks[0]?.say({ jsonrpc: "2.0", id: 2, result: {} });
    expect(await eventually(() => front.heard.length === 2)).toBe(true);
    front.desks[0]?.die();
    expect(await eventually(() => has(front.heard, 3))).toBe(true);
    expect(front.heard.filter(({ id }) => id === 2)).toHaveLength(1);
    expect(front.raw.at(-1)).toMatch(/went away.*tools\/call.*run_status/);
    front.admit();
    front.ask(call(4));
    expect(await eventually(() => has(front.desks[1]?.got ?? [], 4))).toBe(true);
    expect(has(front.desks[1]?.got ?? [], 2) || has(front.desks[1]?.got ?? [], 3)).toBe(false);
    await front.end();
  });

  it("plays the handshake to the next desk, swallows that answer only, and tells of changed lists", async () => {
    const front = openFront();
    front.admit();
    front.ask(INITIALIZE);
    front.ask(INITIALIZED);
    expect(await eventually(() => front.desks[0]?.got.length === 2)).toBe(true);
    front.desks[0]?.say({ jsonrpc: "2.0", id: 1, result: { serverInfo: { name: "first" } } });
    expect(await eventually(() => front.heard.length === 1)).toBe(true);
    front.desks[0]?.die();
    front.admit();
    expect(await eventually(() => front.desks[1]?.got.length === 2)).toBe(true);
    const [replayed, initialized] = front.desks[1]?.got ?? [];
    expect(replayed).toMatchObject({ method: "initialize", params: INITIALIZE.params });
    expect(replayed?.id).not.toBe(1);
    expect(initialized).toEqual(INITIALIZED);
    front.desks[1]?.say({ jsonrpc: "2.0", id: replayed?.id, result: { serverInfo: { name: "second" } } });
    front.ask(call(5));
    expect(await eventually(() => has(front.desks[1]?.got ?? [], 5))).toBe(true);
    front.desks[1]?.say({ jsonrpc: "2.0", id: 5, result: { ok: true } });
    expect(await eventually(() => has(front.heard, 5))).toBe(true);
    expect(front.heard.map(({ id, method }) => id ?? method)).toEqual([1, "notifications/tools/list_changed", 5]);
    await front.end();
  });

  it("plays a handshake that was not answered yet once, and its answer reaches the client", async () => {
    const front = openFront();
    front.admit();
    front.ask(INITIALIZE);
    expect(await eventually(() => front.desks[0]?.got.length === 1)).toBe(true);
    front.desks[0]?.die();
    front.admit();
    expect(await eventually(() => has(front.desks[1]?.got ?? [], 1))).toBe(true);
    expect(front.desks[1]?.got).toEqual([INITIALIZE]);
    front.desks[1]?.say({ jsonrpc: "2.0", id: 1, result: { serverInfo: { name: "second" } } });
    expect(await eventually(() => has(front.heard, 1))).toBe(true);
    await front.end();
  });

  it("opens listens again, without a handshake too, but not those that the client gave up", async () => {
    const front = openFront();
    const listen = (id: number): Frame => ({ jsonrpc: "2.0", id, method: "subscriptions/listen", params: {} });
    front.admit();
    front.ask(listen(1));
    front.ask(listen(2));
    front.ask({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
    expect(await eventually(() => front.desks[0]?.got.length === 3)).toBe(true);
    front.desks[0]?.die();
    front.admit();
    expect(await eventually(() => front.desks.length === 2)).toBe(true);
    front.ask(call(3));
    expect(await eventually(() => has(front.desks[1]?.got ?? [], 3))).toBe(true);
    expect(front.desks[1]?.got.map(({ id }) => id)).toEqual([1, 3]);
    expect(front.heard).toEqual([]);
    await front.end();
  });

  it("takes no more from the desk than its client reads, and all of it once he reads again", async () => {
    const [near, far] = duplexPair();
    const output = new PassThrough();
    const front = new StdioFront({
      input: new PassThrough(),
      output,
      connect: () => Promise.resolve(near),
      log: () => undefined,
    });
    const done = front.run();
    const line = `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { data: "x".repeat(8000) } })}\n`;
    for (let index = 0; index < 100; index += 1) far.write(line);
    expect(await eventually(() => near.isPaused())).toBe(true);
    expect(output.writableLength + output.readableLength).toBeLessThan(300_000);
    let received = 0;
    output.on("data", (chunk: Buffer) => (received += chunk.length));
    expect(await eventually(() => received === 100 * line.length)).toBe(true);
    front.stop();
    far.destroy();
    near.destroy();
    await done;
  });
});
