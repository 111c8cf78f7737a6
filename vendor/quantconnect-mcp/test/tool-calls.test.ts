import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { API_TOKEN, type FakeApi, startFakeApi, USER_ID } from "./support/fake-api.ts";
import { MODERN, type SpawnedServer, spawnServer, textOf } from "./support/spawn-server.ts";

const ERAS = [
  { era: "2025", versionNegotiation: { mode: "legacy" } },
  { era: "2026", versionNegotiation: MODERN },
] as const;

describe.each(ERAS)("a tool call of a client of the $era era", ({ versionNegotiation }) => {
  let api: FakeApi;
  let server: SpawnedServer;

  beforeAll(async () => {
    api = await startFakeApi();
    server = await spawnServer({ baseUrl: `${api.url}//`, versionNegotiation });
  });
  afterAll(async () => {
    await server.client.close();
    await api[Symbol.asyncDispose]();
  });
  afterEach(() => {
    const problems = api.problems();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  });

  const call = (name: string, args: Record<string, unknown> = {}) => server.client.callTool({ name, arguments: args });

  it("sends flat arguments as the JSON body and gives the answer back untouched", async () => {
    const answer = { success: true, projects: [{ projectId: 7, futureField: { deep: [1, null] } }], alsoNew: "x" };
    api.expect({ path: "/projects/create", body: { name: "A", language: "Py" }, answer });
    const result = await call("create_project", { name: "A", language: "Py" });
    expect(result.isError ?? false).toBe(false);
    expect(result.structuredContent).toEqual(answer);
    expect(JSON.parse(textOf(result))).toEqual(answer);
    expect(api.problems()).toEqual([]);
  });

  it("takes the same arguments wrapped in model", async () => {
    api.expect({ path: "/projects/create", body: { name: "A", language: "Py" }, answer: { success: true } });
    await call("create_project", { model: { name: "A", language: "Py", organizationId: null } });
    expect(api.problems()).toEqual([]);
  });

  it("fills defaults and leaves nulls out, but not inside what belongs to the caller", async () => {
    api.expect(
      { path: "/projects/read", body: { projectId: 3, start: 0 }, answer: { success: true } },
      {
        path: "/live/commands/create",
        body: { projectId: 3, command: { $type: "X", tag: null } },
        answer: { success: true },
      },
      {
        path: "/files/read",
        body: { projectId: 3, codeSourceId: "MCP Server" },
        answer: { success: true },
      },
    );
    await call("read_project", { projectId: 3, end: null });
    await call("create_live_command", { projectId: 3, command: { $type: "X", tag: null } });
    await call("read_file", { projectId: 3 });
    expect(api.problems()).toEqual([]);
  });

  it("gives a paper deployment QuantConnect's data when none is named", async () => {
    const brokerage = { id: "QuantConnectBrokerage", cash: [{ amount: 100000, currency: "USD" }] };
    const given = { versionId: "-1", projectId: 1, compileId: "c", nodeId: "n", brokerage };
    const dataProviders = { QuantConnectBrokerage: { id: "QuantConnectBrokerage" } };
    api.expect({ path: "/live/create", body: { ...given, dataProviders }, answer: { success: true } });
    await call("create_live_algorithm", given);
    expect(api.problems()).toEqual([]);
  });

  it("names the field that is wrong, what was expected and what came, and sends nothing", async () => {
    const result = await call("create_project", { name: 5, language: "Python" });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/name: .*expected string, received number/);
    expect(textOf(result)).toMatch(/language: .*"C#"\|"Py".*received string/);
  });

  it("explains a brokerage whose settings are incomplete by that brokerage's own fields, without its secrets", async () => {
    const brokerage = { id: "KrakenBrokerage", "kraken-api-key": "planted-key", "kraken-verification-tier": "Pro" };
    const given = { versionId: "-1", projectId: 1, compileId: "c", nodeId: "n", brokerage };
    const result = await call("create_live_algorithm", given);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain("kraken-api-secret");
    expect(textOf(result)).not.toContain("planted-key");
    expect(textOf(result)).not.toContain("ib-password");
  });

  it("says which arguments it ignored", async () => {
    api.expect({ path: "/backtests/update", body: { projectId: 1, backtestId: "b" }, answer: { success: true } });
    const result = await call("update_backtest", { projectId: 1, backtestId: "b", backtestName: "new" });
    expect(textOf(result)).toMatch(/Ignored: backtestName .*it takes projectId, backtestId, name, note/);
    expect(result.structuredContent).toEqual({ success: true });
  });

  it("gives a business error as a result with the API's own words", async () => {
    const answer = { success: false, errors: ["File already exist in this project", "second"] };
    api.expect({ path: "/files/create", answer });
    const result = await call("create_file", { projectId: 1, name: "main.py" });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain("File already exist in this project\nsecond");
    expect(result.structuredContent).toEqual(answer);
  });

  it("says where credentials come from when the API refuses them", async () => {
    api.expect({ path: "/account/read", answer: { success: false, errors: ["Hash doesn't match."] } });
    const result = await call("read_account");
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/Hash doesn't match[\s\S]*quantconnect\.com\/account/);
  });

  it("tells a read that failed from a change that may have happened", async () => {
    api.expect(
      { path: "/projects/read", status: 503, answer: "upstream down" },
      { path: "/projects/delete", status: 503, answer: "upstream down" },
    );
    expect(textOf(await call("list_projects"))).toMatch(/HTTP 503 \(upstream down\).*Nothing was changed/);
    const change = await call("delete_project", { projectId: 1 });
    expect(change.isError).toBe(true);
    expect(textOf(change)).toMatch(/HTTP 503.*not known whether the call took effect/);
  });

  it.each([
    { status: 401, says: /did not accept the credentials.*account/ },
    { status: 413, says: /too large/ },
    { status: 429, says: /Too many requests.*wait/ },
  ])("explains HTTP $status", async ({ status, says }) => {
    api.expect({ path: "/account/read", status, answer: { success: false, errors: ["no"] } });
    const result = await call("read_account");
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(says);
  });

  it("says what came when it is not JSON", async () => {
    const headers = { "content-type": "text/html" };
    api.expect({ path: "/account/read", headers, answer: "<html>Sign in to the proxy</html>" });
    const result = await call("read_account");
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/Expected JSON.*text\/html.*Sign in to the proxy/);
  });

  it("survives a connection that breaks after the request was taken", async () => {
    api.expect({ path: "/backtests/delete", answer: null, behave: (request) => request.socket.destroy() });
    const result = await call("delete_backtest", { projectId: 1, backtestId: "b" });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/connection .* broke.*not known whether the call took effect/);
  });

  it("uploads an object as a file part", async () => {
    api.expect({ path: "/object/set", answer: { success: true } });
    await call("upload_object", { organizationId: "o", key: "a/b.json", objectData: '{"ä":1}' });
    const sent = api.received.at(-1);
    expect(sent?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(sent?.text).toMatch(/name="key"\r\n\r\na\/b\.json/);
    expect(sent?.text).toMatch(/name="objectData"; filename="upload"[\s\S]*\{"ä":1\}/);
  });

  it("connects a brokerage in two calls and opens no browser", async () => {
    const headers = { location: "https://broker.example/sign-in" };
    api.expect({ path: "/live/auth0/authorize", body: { brokerage: "alpaca" }, status: 302, headers, answer: "" });
    const begun = await call("authorize_connection", { brokerage: "alpaca" });
    expect(begun.structuredContent).toMatchObject({ authorizationUrl: "https://broker.example/sign-in" });
    api.expect({
      path: "/live/auth0/read",
      body: { brokerage: "alpaca" },
      answer: { success: true, authorization: {} },
    });
    const done = await call("authorize_connection", { brokerage: "alpaca" });
    expect(done.structuredContent).toEqual({ success: true, authorization: {} });
  });

  it("stops waiting when the client cancels", async () => {
    let closed: (() => void) | undefined;
    const abandoned = new Promise<void>((resolve) => (closed = resolve));
    const abort = new AbortController();
    const behave = (_: unknown, response: { on(event: "close", listener: () => void): unknown }) => {
      response.on("close", () => closed?.());
      abort.abort();
    };
    api.expect({ path: "/account/read", answer: null, behave });
    await expect(
      server.client.callTool({ name: "read_account", arguments: {} }, { signal: abort.signal }),
    ).rejects.toThrow(/abort/i);
    await abandoned;
  });

  it("never shows the token", () => {
    expect(server.stderr()).not.toContain(API_TOKEN);
    expect(api.received.map(({ text, headers }) => text + JSON.stringify(headers)).join("")).not.toContain(API_TOKEN);
  });
});

describe("a server without good settings", () => {
  it("lists its tools and says where to get credentials when called", async () => {
    await using server = await spawnServer({
      environment: { QUANTCONNECT_USER_ID: USER_ID, QUANTCONNECT_API_TOKEN: " " },
    });
    expect((await server.client.listTools()).tools.length).toBeGreaterThanOrEqual(64);
    const result = await server.client.callTool({ name: "read_account", arguments: {} });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/QUANTCONNECT_API_TOKEN not set.*quantconnect\.com\/account.*API Access/);
    expect(textOf(result)).not.toContain("QUANTCONNECT_USER_ID and QUANTCONNECT_API_TOKEN not set");
  });

  it.each([
    { baseUrl: "http://127.0.0.1:1", says: /Could not reach .*nothing was changed/ },
    { baseUrl: "not a url", says: /Could not reach not a url .*QUANTCONNECT_BASE_URL/ },
  ])("says that nothing was sent when $baseUrl cannot be reached", async ({ baseUrl, says }) => {
    await using server = await spawnServer({ baseUrl });
    const result = await server.client.callTool({ name: "delete_project", arguments: { projectId: 1 } });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(says);
  });

  it("says that nothing was sent when nobody listens", async () => {
    const gone = await startFakeApi();
    await gone[Symbol.asyncDispose]();
    await using server = await spawnServer({ baseUrl: gone.url });
    const result = await server.client.callTool({ name: "delete_project", arguments: { projectId: 1 } });
    expect(textOf(result)).toMatch(/Could not reach .*ECONNREFUSED.*nothing was changed/);
  });

  it("answers questions about itself without network or credentials", async () => {
    await using server = await spawnServer({ environment: {} });
    const result = await server.client.callTool({ name: "read_mcp_server_version", arguments: {} });
    expect(result.structuredContent).toEqual({ result: "0.1.0" });
  });
});
