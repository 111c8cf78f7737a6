import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/domain/parse-json.ts";
import { until } from "../../clients/process/support.ts";
import { openDoor, modern, type DoorUnderTest } from "../../support/door-under-test.ts";
import { eventually } from "../../support/e2e-processes.ts";

const call = (id: number, name: string, args: Readonly<Record<string, unknown>> = {}, meta = {}): unknown => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args, _meta: meta },
});
const textOf = (answer: { readonly body: string }): string => answer.body;

/** Sends a request and leaves the answer open: what came so far, and how to go away. */
function hang(
  door: DoorUnderTest,
  frame: unknown,
  headers: Readonly<Record<string, string>>,
): { readonly sent: ClientRequest; readonly read: () => string } {
  let read = "";
  const method = frame === undefined ? "GET" : "POST";
  const plain = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const sent = request(door.url, { method, headers: { ...plain, ...headers } }, (response: IncomingMessage) => {
    response.setEncoding("utf8").on("data", (part: string) => (read += part));
    response.on("error", () => undefined);
  });
  sent.on("error", () => undefined);
  sent.end(frame === undefined ? undefined : JSON.stringify(frame));
  return { sent, read: () => read };
}

describe("who may come in", () => {
  it.each([
    ["a page bound to our address", { host: "evil.example.com" }],
    ["another port of this machine", { host: "127.0.0.1:1" }],
    ["a page from elsewhere", { origin: "http://evil.example.com" }],
    ["a page without a name", { origin: "null" }],
  ])("not %s", async (_who, headers) => {
    await using door = await openDoor();
    expect((await door.post({ jsonrpc: "2.0", id: 1, method: "ping" }, headers)).status).toBe(403);
  });

  it("whoever names this server as it is called", async () => {
    await using door = await openDoor();
    for (const name of ["localhost", "127.0.0.1", "[::1]"]) {
      const headers = { host: `${name}:${door.port}`, origin: `http://${name}:${door.port}` };
      const { status } = await door.post(modern(1, "ping").frame, { ...modern(1, "ping").headers, ...headers });
      expect(status).toBe(200);
    }
  });

  it("with the bearer key only, where one is asked for", async () => {
    await using door = await openDoor({ key: "a-key-of-some-length" });
    const { frame, headers } = modern(1, "ping");
    const status = async (authorization?: string): Promise<number> =>
      (await door.post(frame, authorization === undefined ? headers : { ...headers, authorization })).status;
    expect(await status()).toBe(401);
    expect(await status("Bearer a-key-of-some-lengtH")).toBe(401);
    expect(await status("Basic a-key-of-some-length")).toBe(401);
    expect(await status("Bearer a-key-of-some-length")).toBe(200);
  });
});

describe("what is no message", () => {
  it("is answered with the right status and error", async () => {
    await using door = await openDoor({ maxRequestBytes: 5000 });
    const headers = await door.begin();
    const status = async (body: string, more = {}): Promise<unknown[]> => {
      const { status, frames } = await door.send("POST", body, { ...headers, ...more });
      return [status, (frames[0]?.["error"] as { code: number } | undefined)?.code];
    };
    expect(await status("{nope")).toEqual([400, -32_700]);
    expect(await status("[]")).toEqual([400, -32_600]);
    expect(await status('{"jsonrpc":"2.0","id":1}')).toEqual([400, -32_600]);
    expect(
      await status(`{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(200)}1${"}".repeat(201)}`),
    ).toEqual([400, -32_600]);
    expect(await status(JSON.stringify(call(1, "echo", { text: "x".repeat(6000) })))).toEqual([413, -32_600]);
    const chunked = { "transfer-encoding": "chunked" };
    expect(await status(JSON.stringify(call(1, "echo", { text: "x".repeat(6000) })), chunked)).toEqual([413, -32_600]);
    expect((await status("{}", { "content-type": "text/plain" }))[0]).toBe(415);
    expect((await status("{}", { accept: "text/html" }))[0]).toBe(406);
    expect((await door.send("PUT", "{}", headers)).status).toBe(405);
    expect(await status(JSON.stringify(call(1, "pid")))).toEqual([200, undefined]);
  });

  it("is not taken in while as much as eight of the longest messages is on its way, and is after that", async () => {
    await using door = await openDoor({ maxRequestBytes: 100_000 });
    const headers = await door.begin();
    const message = JSON.stringify(call(1, "echo", { text: "x".repeat(90_000) }));
    const plain = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const slow = Array.from({ length: 8 }, (_, index) => {
      // Four say how long they will be, four do not.
      const length = index < 4 ? { "content-length": "100000" } : {};
      const sent = request(door.url, { method: "POST", headers: { ...plain, ...headers, ...length } });
      sent.on("error", () => undefined);
      sent.write(" ".repeat(95_000));
      return sent;
    });
    const status = async (more = {}): Promise<number> =>
      (await door.send("POST", message, { ...headers, ...more })).status;
    await until(async () => (await status()) === 503, "there is no more room");
    expect(await status({ "transfer-encoding": "chunked" })).toBe(503);
    for (const sent of slow) sent.destroy();
    await until(async () => (await status()) === 200, "there is room again");
  });
});

describe("a session", () => {
  it("must be begun, is known by its id, and is gone after it was ended", async () => {
    await using door = await openDoor();
    expect((await door.post(call(1, "pid"))).status).toBe(400);
    expect((await door.post(call(1, "pid"), { "mcp-session-id": "guessed" })).status).toBe(404);
    const headers = await door.begin();
    expect((await door.post(call(1, "pid"), { ...headers, "mcp-protocol-version": "1999-01-01" })).status).toBe(400);
    expect((await door.post(call(1, "pid"), headers)).status).toBe(200);
    expect((await door.send("DELETE", undefined, headers)).status).toBe(200);
    expect((await door.post(call(1, "pid"), headers)).status).toBe(404);
  });

  it("has a server of its own, and its ids are its own", async () => {
    await using door = await openDoor();
    const [first, second] = [await door.begin(), await door.begin()];
    const [one, other] = await Promise.all([door.post(call(1, "pid"), first), door.post(call(1, "pid"), second)]);
    expect(one.frames[0]).toMatchObject({ id: 1 });
    expect(textOf(one)).not.toBe(textOf(other));
  });

  it("refuses an id that is under way", async () => {
    await using door = await openDoor();
    const headers = await door.begin();
    const { sent } = hang(door, call(5, "hang"), headers);
    await door.post(call(6, "pid"), headers);
    const { status, frames } = await door.post(call(5, "pid"), headers);
    expect([status, frames[0]?.["error"]]).toEqual([400, expect.objectContaining({ code: -32_600 })]);
    sent.destroy();
  });

  it("gets progress and questions on the stream of the call, and the answer last", async () => {
    await using door = await openDoor();
    const headers = await door.begin();
    const { frames } = await door.post(call(5, "progress", {}, { progressToken: "p" }), headers);
    expect(frames.map(({ method, id }) => method ?? id)).toEqual([
      "notifications/progress",
      "notifications/progress",
      5,
    ]);
    const asking = hang(door, call(6, "ask", { method: "roots/list" }), headers);
    expect(await eventually(() => asking.read().includes("roots/list"))).toBe(true);
    const id = /"id":(\d+)/.exec(
      asking
        .read()
        .split("\n")
        .find((line) => line.includes("roots/list")) ?? "",
    )?.[1];
    expect((await door.post({ jsonrpc: "2.0", id: Number(id), result: { roots: [] } }, headers)).status).toBe(202);
    expect(await eventually(() => asking.read().includes('"id":6'))).toBe(true);
  });

  it("hears on its own stream what belongs to no call, and what came before it listened", async () => {
    await using door = await openDoor();
    const headers = await door.begin();
    await door.post(call(1, "notify_later", { method: "notifications/early" }), headers);
    // Nothing is under way and nobody listens when it comes.
    await delay(300);
    const own = hang(door, undefined, headers);
    expect(await eventually(() => own.read().includes("notifications/early"))).toBe(true);
    await door.post(call(3, "notify_later", { method: "notifications/late" }), headers);
    expect(await eventually(() => own.read().includes("notifications/late"))).toBe(true);
    expect((await door.send("GET", undefined, headers)).status).toBe(409);
    own.sent.destroy();
  });

  it("resumes a stream that it lost, with what came meanwhile", async () => {
    await using door = await openDoor();
    const headers = await door.begin();
    const lost = hang(door, call(5, "ask", { method: "roots/list" }), headers);
    expect(await eventually(() => lost.read().includes("roots/list"))).toBe(true);
    const lastEvent = [...lost.read().matchAll(/^id: (\S+)$/gm)].at(0)?.[1] ?? "";
    const question = /data: (\{.*roots\/list.*\})/.exec(lost.read())?.[1] ?? "{}";
    lost.sent.destroy();
    const { id } = parseJson(question) as { id: number };
    await door.post({ jsonrpc: "2.0", id, result: { roots: ["later"] } }, headers);
    const resumed = await door.send("GET", undefined, { ...headers, "last-event-id": lastEvent });
    expect(resumed.frames.map((frame) => frame["method"] ?? frame["id"])).toEqual(["roots/list", 5]);
    expect(textOf(resumed)).toContain("later");
    expect((await door.send("GET", undefined, { ...headers, "last-event-id": "x" })).status).toBe(400);
  });

  it("ends an open reply when its call is cancelled", async () => {
    await using door = await openDoor();
    const headers = await door.begin();
    const open = door.post(call(5, "hang"), headers);
    await door.post(call(6, "pid"), headers);
    await door.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 5 } }, headers);
    expect((await open).frames).toEqual([]);
    expect(textOf(await door.post(call(7, "heard"), headers))).toContain("notifications/cancelled");
  });

  it("that ends cancels what is under way by ending its server", async () => {
    await using door = await openDoor();
    const headers = await door.begin();
    const open = door.post(call(5, "hang"), headers);
    await door.post(call(6, "pid"), headers);
    await door.send("DELETE", undefined, headers);
    expect((await open).frames).toEqual([]);
  });
});

describe("requests without a session", () => {
  it("share one server, whatever their ids and tokens", async () => {
    await using door = await openDoor();
    const ask = modern(1, "tools/call", { name: "progress", _meta: { progressToken: "same" } });
    const answers = await Promise.all([1, 2, 3].map(() => door.post(ask.frame, ask.headers)));
    for (const { frames } of answers) {
      expect(frames.map(({ method, id }) => method ?? id)).toEqual([
        "notifications/progress",
        "notifications/progress",
        1,
      ]);
      expect(frames[0]).toMatchObject({ params: { progressToken: "same", progress: 1 } });
    }
    const pid = modern(2, "tools/call", { name: "pid" });
    expect(textOf(await door.post(pid.frame, pid.headers))).toBe(textOf(await door.post(pid.frame, pid.headers)));
  });

  it("are refused where headers and body differ, or the version is not known", async () => {
    await using door = await openDoor();
    const { frame, headers } = modern(1, "tools/call", { name: "pid" });
    const refused = async (more: Readonly<Record<string, string>>): Promise<unknown> =>
      (await door.post(frame, { ...headers, ...more })).frames[0]?.["error"];
    expect(await refused({ "mcp-method": "tools/list" })).toMatchObject({ code: -32_020 });
    expect(await refused({ "mcp-name": "die" })).toMatchObject({ code: -32_020 });
    expect(await refused({ "mcp-protocol-version": "2025-11-25" })).toMatchObject({ code: -32_020 });
    const other = parseJson(JSON.stringify(frame).replace("2026-07-28", "2031-01-01"));
    const { status, frames } = await door.post(other, { ...headers, "mcp-protocol-version": "2031-01-01" });
    expect([status, frames[0]]).toMatchObject([
      400,
      { id: 1, error: { code: -32_022, data: { requested: "2031-01-01" } } },
    ]);
  });

  it("are cancelled at the server when their client goes away", async () => {
    await using door = await openDoor();
    const { frame, headers } = modern(1, "tools/call", { name: "hang" });
    const open = hang(door, frame, headers);
    const heard = modern(2, "tools/call", { name: "heard" });
    const seen = async (): Promise<string> => textOf(await door.post(heard.frame, heard.headers));
    while (!(await seen()).includes("hang")) await new Promise((resolve) => setTimeout(resolve, 20));
    open.sent.destroy();
    let last = "";
    for (let attempt = 0; attempt < 100 && !last.includes("notifications/cancelled"); attempt += 1) last = await seen();
    expect(last).toContain("notifications/cancelled");
  });
});

describe("a session whose server refuses or dies in the handshake", () => {
  it("is told why, and is not kept", async () => {
    await using door = await openDoor({ command: "/nonexistent/server" });
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const begun = await door.post({ jsonrpc: "2.0", id: 1, method: "initialize", params });
    expect(begun.frames[0]).toMatchObject({ id: 1, error: { code: -32_603 } });
    const headers = { "mcp-session-id": String(begun.headers["mcp-session-id"]) };
    expect((await door.post(call(2, "pid"), headers)).status).toBe(404);
  });
});
