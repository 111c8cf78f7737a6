import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as FirstTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LEGACY, MODERN } from "../support/e2e-clients.ts";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";
import { eventually } from "../support/e2e-processes.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PLAIN = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "e2e", version: "1" } },
};
const LIST = { jsonrpc: "2.0", id: 1, method: "tools/list" };

let home: E2eHome;
let url: string;
let anna: string;
let bert: string;

const addKey = async (name: string, ...more: string[]): Promise<string> =>
  z.object({ key: z.string() }).parse((await home.run(["keys", "add", name, "--json", ...more])).json()).key;

interface Answer {
  readonly status: number;
  readonly session: string | undefined;
  readonly body: string;
}

/** Node's own fetch does not let a Host be sent. */
function send(method: string, frame: unknown, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...PLAIN, ...headers } }, (response) => {
      const session = response.headers["mcp-session-id"];
      const done = { status: response.statusCode ?? 0, session: typeof session === "string" ? session : undefined };
      text(response).then((body) => resolve({ ...done, body }), reject);
    });
    sent.once("error", reject);
    sent.end(frame === undefined ? undefined : JSON.stringify(frame));
  });
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

async function connect(key: string, versionNegotiation: typeof LEGACY | typeof MODERN): Promise<Client> {
  const client = new Client({ name: "e2e", version: "1" }, { versionNegotiation });
  const requestInit = { headers: bearer(key) };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

const records = async (): Promise<{ readonly principal: string; readonly tool: string }[]> =>
  z
    .array(z.looseObject({ principal: z.string(), tool: z.string() }))
    .parse((await home.run(["audit", "tail", "--json"])).lines().at(-1));

beforeAll(async () => {
  home = openE2eHome();
  const up = await home.run(["up", "--http", "0", "--json"]);
  url = z.object({ http: z.object({ url: z.string() }) }).parse(up.json()).http.url;
}, 60_000);
afterAll(() => home[Symbol.asyncDispose]());

describe("the desk over HTTP", () => {
  it("serves nobody while there is no key, on this machine neither", async () => {
    expect(await send("POST", INITIALIZE, {})).toMatchObject({ status: 401, session: undefined });
    expect(await send("POST", INITIALIZE, bearer("guessed"))).toMatchObject({ status: 401 });
    anna = await addKey("anna", "--toolset", "full");
    bert = await addKey("bert");
  });

  it("keeps keys as hashes in a file of the owner's alone, and gives no name two", async () => {
    const file = join(home.dataDir, "client-keys.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain(anna.slice(4));
    expect((await home.run(["keys", "list"])).out).not.toContain(anna);
    const again = await home.run(["keys", "add", "anna", "--json"]);
    expect(again.code).not.toBe(0);
    expect(again.out + again.err).toContain("CLIENT_KEY_EXISTS");
    expect((await home.run(["keys", "add", "../x"])).code).toBe(2);
  });

  it.each([
    ["sessions", LEGACY],
    ["the era without them", MODERN],
  ])("lists tools and takes calls of clients of %s, recorded under the name of their key", async (_era, era) => {
    const client = await connect(bert, era);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("create_strategy");
    const answer = await client.callTool({ name: "list_strategies", arguments: {} });
    expect(answer).toMatchObject({ structuredContent: { envelope: { profile: "local" } } });
    expect(await records()).toContainEqual(
      expect.objectContaining({ principal: "user:bert", tool: "list_strategies" }),
    );
    await client.close();
  });

  it("serves the first protocol library too", async () => {
    const client = new FirstClient({ name: "e2e", version: "1" });
    await client.connect(new FirstTransport(new URL(url), { requestInit: { headers: bearer(bert) } }));
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    await client.close();
  });

  it("gives each client the tools of its key", async () => {
    const names = async (key: string): Promise<string[]> => {
      const client = await connect(key, LEGACY);
      const { tools } = await client.listTools();
      await client.close();
      return tools.map(({ name }) => name);
    };
    expect((await names(anna)).length).toBeGreaterThan((await names(bert)).length);
  });

  it("asks for an operator where a call changes rights: a key is none", async () => {
    const client = await connect(anna, LEGACY);
    const made = await client.callTool({ name: "qc_create_project", arguments: { name: "Shared", language: "Py" } });
    expect(made.isError ?? false).toBe(false);
    const asked = await client.callTool({
      name: "qc_create_project_collaborator",
      arguments: {
        projectId: 1,
        collaboratorUserId: "someone",
        collaborationLiveControl: false,
        collaborationWrite: true,
      },
    });
    expect(asked.isError).toBe(true);
    expect(JSON.stringify(asked.content)).toMatch(/APPROVAL_REQUIRED|OPERATOR/);
    await client.close();
  });

  it("refuses a wrong key, a wrong Host, a foreign Origin, and what is too long", async () => {
    expect((await send("POST", INITIALIZE, bearer(`${bert.slice(0, -1)}x`))).status).toBe(401);
    expect((await send("POST", INITIALIZE, { authorization: `Basic ${bert}` })).status).toBe(401);
    expect((await send("POST", INITIALIZE, { ...bearer(bert), host: "evil.example.com" })).status).toBe(403);
    expect((await send("POST", INITIALIZE, { ...bearer(bert), origin: "https://evil.example.com" })).status).toBe(403);
    const long = { ...INITIALIZE, padding: "x".repeat(17 * 1024 * 1024) };
    expect((await send("POST", long, bearer(bert)).catch(() => ({ status: 413 }))).status).toBe(413);
  });

  it("lets nobody but its opener speak in a session, listen to it, or end it", async () => {
    const opened = await send("POST", INITIALIZE, bearer(anna));
    expect(opened.status).toBe(200);
    const session = { "mcp-session-id": opened.session ?? "", "mcp-protocol-version": "2025-11-25" };
    await send("POST", { jsonrpc: "2.0", method: "notifications/initialized" }, { ...session, ...bearer(anna) });
    expect((await send("POST", LIST, { ...session, ...bearer(bert) })).status).toBe(404);
    expect((await send("GET", undefined, { ...session, ...bearer(bert) })).status).toBe(404);
    expect((await send("DELETE", undefined, { ...session, ...bearer(bert) })).status).toBe(404);
    expect((await send("POST", LIST, { ...session, ...bearer(anna) })).status).toBe(200);
  });

  it("ends what a removed key had open, and serves it no more", async () => {
    const key = await addKey("carla");
    const opened = await send("POST", INITIALIZE, bearer(key));
    const session = { "mcp-session-id": opened.session ?? "", "mcp-protocol-version": "2025-11-25", ...bearer(key) };
    let ended = false;
    const listening = send("GET", undefined, session).then(() => (ended = true));
    await delay(300);
    expect(ended).toBe(false);
    expect((await home.run(["keys", "remove", "carla"])).code).toBe(0);
    expect(await eventually(() => ended)).toBe(true);
    await listening;
    expect((await send("POST", LIST, session)).status).toBe(401);
  });

  it("counts no key while their file cannot be read", async () => {
    const file = join(home.dataDir, "client-keys.json");
    const sound = readFileSync(file, "utf8");
    writeFileSync(file, sound.replace('"version": 1', '"version": 2'));
    expect((await send("POST", INITIALIZE, bearer(anna))).status).toBe(401);
    writeFileSync(file, sound);
    expect((await send("POST", INITIALIZE, bearer(anna))).status).toBe(200);
  });

  it("says where it is open when it is asked to open at another port", async () => {
    const again = await home.run(["up", "--http", "1", "--json"]);
    expect(again.code).not.toBe(0);
    expect(again.out + again.err).toContain("HTTP_DOOR_OPEN");
    expect((await home.run(["status"])).out).toContain(url);
  });
});

describe("a desk whose settings open it over HTTP", () => {
  it("opens with the desk, answers to the name of a proxy, and starts even where the port is taken", async () => {
    const port = Number(new URL(url).port);
    await using taken = openE2eHome({ settings: { http: { port } } });
    const up = await taken.run(["up", "--json"]);
    const { http } = z.object({ http: z.object({ url: z.null(), fault: z.string() }) }).parse(up.json());
    expect(http.fault).toContain("another program");
    await using named = openE2eHome({ settings: { http: { port: port + 1, names: ["desk.example.com"] } } });
    const opened = z.object({ http: z.object({ url: z.string() }) }).parse((await named.run(["up", "--json"])).json());
    const { key } = z.object({ key: z.string() }).parse((await named.run(["keys", "add", "k", "--json"])).json());
    const mine = url;
    url = opened.http.url;
    const asked = await send("POST", INITIALIZE, { ...bearer(key), host: "desk.example.com" });
    const page = { ...bearer(key), host: "desk.example.com", origin: "https://desk.example.com" };
    expect([asked.status, (await send("POST", INITIALIZE, page)).status]).toEqual([200, 200]);
    expect((await send("POST", INITIALIZE, { ...bearer(key), host: "other.example.com" })).status).toBe(403);
    url = mine;
  });
});
