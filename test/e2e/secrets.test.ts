import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient } from "../support/e2e-clients.ts";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";
import { HAS_PROC, allProcesses } from "../support/e2e-processes.ts";

const SECRET = "planted0secret0planted0secret0planted0secret0";

/** A cloud that knows nothing better than to repeat the token that it was not even sent. */
async function startLeakyCloud(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    const errors = [`the token ${SECRET} is not accepted for ${request.url ?? "/"}`];
    response.setHeader("content-type", "application/json").end(JSON.stringify({ success: false, errors }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

let server: Server;
let home: E2eHome;
const said: string[] = [];

beforeAll(async () => {
  server = await startLeakyCloud();
  const { port } = server.address() as AddressInfo;
  home = openE2eHome({
    settings: { profile: "quantconnect" },
    env: { QUANTCONNECT_BASE_URL: `http://127.0.0.1:${port}` },
  });
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  server.close();
});

/** Runs a command and keeps all that it said. */
async function say(args: readonly string[], options: Parameters<E2eHome["run"]>[1] = {}): Promise<string> {
  const done = await home.run(args, options);
  said.push(done.out, done.err);
  return done.out;
}

/** Files of the data directory and the socket's folder that hold the text in clear. */
function filesWith(text: string): string[] {
  return [home.dataDir, join(home.folder, "run")].filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(text)),
  );
}

describe("a secret of the user", () => {
  it("given on standard input is stored sealed, never shown, and reaches no argument, log, file or answer", async () => {
    const login = await say(["login", "quantconnect", "--json"], { input: `12345\n${SECRET}\n` });
    // What the account may do is looked up at once, and this cloud knows it not.
    const organisation = { name: "organisation", state: "failed" };
    expect(JSON.parse(login)).toMatchObject({ stored: true, account: [organisation] });
    expect(JSON.parse(await say(["credentials", "--json"]))).toMatchObject({ account: "12345", from: "file" });
    await say(["credentials"]);
    expect(existsSync(join(home.dataDir, "secrets.sealed"))).toBe(true);
    await everyDoor();
    expect(filesWith(SECRET)).toEqual([]);
    expect(said.join("\n")).not.toContain(SECRET);
    expect(said.join("\n")).toContain("is not accepted for");
  });

  it("is forgotten by logout", async () => {
    expect(JSON.parse(await say(["logout", "quantconnect", "--json"]))).toEqual({ removed: true });
    expect(JSON.parse(await say(["credentials", "--json"]))).toMatchObject({ account: null });
    expect(JSON.parse(await say(["logout", "quantconnect", "--json"]))).toEqual({ removed: false });
  });

  it("given in the environment wins, and is kept nowhere", async () => {
    await home.run(["down"]);
    const env = { QUANTCONNECT_USER_ID: "777", QUANTCONNECT_API_TOKEN: SECRET };
    expect(JSON.parse(await say(["credentials", "--json"], { env }))).toMatchObject({
      account: "777",
      from: "environment",
    });
    await say(["up"], { env });
    await everyDoor();
    expect(filesWith(SECRET)).toEqual([]);
    expect(said.join("\n")).not.toContain(SECRET);
  });

  it.each([
    ["a user id that is no number", "me\nlong-enough-to-be-a-token\n", /number/],
    ["a token that is too short", "12345\nshort-one\n", /too short/],
  ])("is refused as %s, and not repeated", async (_, input, message) => {
    const done = await home.run(["login", "quantconnect", "--json"], { input });
    expect(done.code).toBe(2);
    expect(done.out).toContain("CREDENTIALS_INVALID");
    expect(done.out).toMatch(message);
    expect(done.out + done.err).not.toMatch(/short-one|long-enough/);
  });
});

/** Uses every way by which something could come out, while the upstream repeats the secret in all of its answers. */
async function everyDoor(): Promise<void> {
  await say(["up", "--json"]);
  await say(["tools", "call", "qc_read_account", "{}", "--json"]);
  await say(["tools", "call", "qc_list_projects"]);
  await say(["tools", "call", "create_strategy", '{"name":"leak"}', "--json"]);
  await say(["status", "--json"]);
  await say(["doctor"]);
  await say(["audit", "tail", "--json"]);
  await say(["audit", "export"]);
  await say(["trials", "--json"]);
  await say(["upstream", "list"]);
  await using served = await connectClient(home, { toolset: "full" });
  said.push(JSON.stringify(await served.client.callTool({ name: "qc_read_account", arguments: {} })));
  said.push(JSON.stringify(await served.client.readResource({ uri: "quantwright://audit/tail" })));
  said.push(JSON.stringify(await served.client.readResource({ uri: "quantwright://health" })));
  if (HAS_PROC) said.push(JSON.stringify(allProcesses()));
  said.push(readFileSync(join(home.dataDir, "desk.log"), "utf8"));
}
