import { setTimeout as delay } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { LEGACY, MODERN } from "../support/e2e-clients.ts";
import { openE2eHome, PROGRAM, type E2eHome } from "../support/e2e-home.ts";
import { eventually } from "../support/e2e-processes.ts";
import { openMoodyProxy, type MoodyProxy } from "../support/moody-proxy.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let desk: E2eHome;
let laptop: E2eHome;
let deskUrl: string;
let proxy: MoodyProxy;

const upSchema = z.object({ http: z.object({ url: z.string() }) });
const answerSchema = z.object({
  isError: z.boolean().default(false),
  content: z.array(z.looseObject({ text: z.string() })),
});

interface Bridged extends AsyncDisposable {
  readonly client: Client;
  readonly changes: () => number;
  /** The first text of a call's answer, whether it is an error, and how long it took. */
  call(): Promise<{ readonly text: string; readonly isError: boolean; readonly milliseconds: number }>;
}

/** A desktop client before `serve --url`. */
async function bridge(era: typeof LEGACY | typeof MODERN = LEGACY): Promise<Bridged> {
  let changes = 0;
  const client = new Client(
    { name: "e2e", version: "1" },
    {
      versionNegotiation: era,
      listChanged: { tools: { onChanged: () => (changes += 1), autoRefresh: false } },
    },
  );
  const args = [PROGRAM, "serve", "--url", proxy.url];
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, env: { ...laptop.env }, stderr: "ignore" }),
  );
  return {
    client,
    changes: () => changes,
    async call() {
      const begin = performance.now();
      const answer = answerSchema.parse(await client.callTool({ name: "list_strategies", arguments: {} }));
      return {
        text: answer.content[0]?.text ?? "",
        isError: answer.isError,
        milliseconds: performance.now() - begin,
      };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function served(bridged: Bridged): Promise<boolean> {
  for (let look = 0; look < 100; look += 1) {
    if (!(await bridged.call()).isError) return true;
    await delay(100);
  }
  return false;
}

beforeAll(async () => {
  [desk, laptop] = [openE2eHome(), openE2eHome()];
  deskUrl = upSchema.parse((await desk.run(["up", "--http", "0", "--json"])).json()).http.url;
  proxy = await openMoodyProxy(deskUrl);
  const { key } = z.object({ key: z.string() }).parse((await desk.run(["keys", "add", "laptop", "--json"])).json());
  const stored = await laptop.run(["login", "desk", proxy.url, "--json"], { input: `${key}\n` });
  if (stored.code !== 0 || stored.out.includes(key) || stored.err.includes(key))
    throw new Error("not stored, or shown");
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await laptop[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

describe("serve from a desk on another machine", () => {
  it.each([
    ["sessions", LEGACY],
    ["the era without them", MODERN],
  ])("serves clients of %s under the name of their key", async (_era, era) => {
    await using bridged = await bridge(era);
    expect((await bridged.client.listTools()).tools.map(({ name }) => name)).toContain("create_strategy");
    expect(await bridged.call()).toMatchObject({ isError: false });
    expect((await desk.run(["audit", "tail", "--json"])).out).toContain('"user:laptop"');
  });

  it("says within a second that the desk is gone, and serves the same client when it is back", async () => {
    await using bridged = await bridge();
    expect(await bridged.call()).toMatchObject({ isError: false });
    await proxy.down();
    for (const _ of [1, 2, 3]) {
      const lost = await bridged.call();
      expect(lost).toMatchObject({ isError: true });
      expect(lost.text).toMatch(/cannot be reached|was lost/);
      expect(lost.milliseconds).toBeLessThan(1000);
      await delay(200);
    }
    const before = bridged.changes();
    await proxy.up();
    expect(await eventually(() => bridged.changes() > before)).toBe(true);
    expect(await bridged.call()).toMatchObject({ isError: false });
  });

  it("says within a second that a proxy answers 502, and serves again when it does not", async () => {
    await using bridged = await bridge();
    await bridged.call();
    await proxy.bad();
    await delay(200);
    const lost = await bridged.call();
    expect(lost).toMatchObject({ isError: true });
    expect(lost.text).toContain("502");
    expect(lost.milliseconds).toBeLessThan(1000);
    await proxy.up();
    expect(await served(bridged)).toBe(true);
  });

  it.each([
    ["is not there", () => proxy.down()],
    ["is behind a proxy that answers 502", () => proxy.bad()],
  ])("begins with a client while the desk %s, and lists its tools once it is", async (_how, leave) => {
    await leave();
    await using bridged = await bridge();
    expect(bridged.client.getServerVersion()).toMatchObject({ name: "quantwright" });
    const lost = await bridged.call();
    expect(lost).toMatchObject({ isError: true });
    expect(lost.milliseconds).toBeLessThan(1000);
    await proxy.up();
    expect(await eventually(() => bridged.changes() > 0)).toBe(true);
    expect((await bridged.client.listTools()).tools.length).toBeGreaterThan(5);
    expect(await bridged.call()).toMatchObject({ isError: false });
  });

  it("survives a desk that was started anew: the call after it is made once, on a new session", async () => {
    await using bridged = await bridge();
    await bridged.call();
    await desk.run(["down"]);
    const port = new URL(deskUrl).port;
    expect((await desk.run(["up", "--http", port, "--json"])).code).toBe(0);
    expect(await served(bridged)).toBe(true);
  });

  it("says how to store another key where the desk does not take this one, and takes the new one without a restart", async () => {
    await using bridged = await bridge();
    await bridged.call();
    await desk.run(["keys", "remove", "laptop"]);
    const refused = await bridged.call();
    expect(refused).toMatchObject({ isError: true });
    expect(refused.text).toContain("login desk");
    const { key } = z.object({ key: z.string() }).parse((await desk.run(["keys", "add", "laptop", "--json"])).json());
    await laptop.run(["login", "desk", proxy.url], { input: `${key}\n` });
    expect(await served(bridged)).toBe(true);
  });

  it.each([
    ["http://desk.example.com/mcp", "serve"],
    ["https://user:secret@desk.example.com/mcp", "serve"],
    ["http://desk.example.com/mcp", "login"],
    ["no address", "login"],
  ])("sends no key to %s (%s)", async (url, command) => {
    const args = command === "serve" ? ["serve", "--url", url] : ["login", "desk", url];
    const done = await laptop.run([...args, "--json"], { input: "a-key-of-enough-characters\n" });
    expect(done.code).toBe(2);
    expect(done.out + done.err).toContain("https");
  });
});
