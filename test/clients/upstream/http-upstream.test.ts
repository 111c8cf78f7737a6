import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RemoteServer } from "../../../src/clients/upstream/http-session.ts";
import { UpstreamManager } from "../../../src/clients/upstream/upstream-manager.ts";
import type { UpstreamCall, UpstreamOutcome } from "../../../src/gateway/upstream-port.ts";
import { until } from "../process/support.ts";
import { startRemoteServer, type RemoteServerUnderTest } from "./support/remote-server.ts";

const EVERYTHING = fileURLToPath(new URL("../../support/everything-server.ts", import.meta.url));

let stack: AsyncDisposableStack;
const logged: string[] = [];
beforeEach(() => {
  stack = new AsyncDisposableStack();
  logged.length = 0;
});
afterEach(() => stack.disposeAsync());

function connect(url: string, more: Partial<RemoteServer> = {}): UpstreamManager {
  const headers = (): Promise<Record<string, string>> => Promise.resolve({});
  const server: RemoteServer = {
    name: "far",
    url,
    transport: "http",
    identity: url,
    headers,
    login: undefined,
    ...more,
  };
  const upstreams = stack.use(
    new UpstreamManager([server], {
      registry: { register: () => () => undefined },
      log: (line) => logged.push(line),
      random: () => 1,
      version: "1",
    }),
  );
  upstreams.start();
  return upstreams;
}

function call(upstreams: UpstreamManager, tool: string, more: Partial<UpstreamCall> = {}): Promise<UpstreamOutcome> {
  return upstreams.call({ upstream: "far", tool, arguments: {}, deadlineMilliseconds: 5000, ...more });
}

const textOf = (outcome: UpstreamOutcome): string =>
  outcome.kind === "lost" ? `lost: ${outcome.reason}` : String(outcome.result.content[0]?.["text"]);

describe.each(["http", "sse"] as const)("a server elsewhere over %s", (transport) => {
  let remote: RemoteServerUnderTest;
  beforeEach(async () => {
    remote = stack.use(await startRemoteServer());
  });
  const open = (more: Partial<RemoteServer> = {}): UpstreamManager =>
    connect(transport === "http" ? remote.url : remote.sseUrl, { transport, ...more });

  it("is listed, called, and gets its headers with each message", async () => {
    let key = "first-key";
    const upstreams = open({ headers: () => Promise.resolve({ "X-Api-Key": key }) });
    expect((await upstreams.tools("far")).map(({ name }) => name)).toEqual(["echo"]);
    expect(textOf(await call(upstreams, "echo"))).toBe("echo done");
    expect(remote.headers["x-api-key"]).toBe("first-key");
    key = "second-key";
    await call(upstreams, "echo");
    expect(remote.headers["x-api-key"]).toBe("second-key");
    expect(upstreams.status()).toMatchObject([{ state: "ready", pid: null, restarts: 0, tools: 1 }]);
  });

  it("that forgot the session gets the same call in a new one, once", async () => {
    const upstreams = open();
    await call(upstreams, "echo");
    remote.forget();
    const before = performance.now();
    expect(textOf(await call(upstreams, "write"))).toBe("write done");
    expect(performance.now() - before).toBeLessThan(2000);
    expect(remote.called).toEqual(["echo", "write"]);
    expect(remote.handshakes).toBe(2);
  });

  it("that breaks off while it answers gets nothing twice, and serves the next call within two seconds", async () => {
    const upstreams = open();
    remote.behave.set("write", (response) => response.destroy());
    expect(await call(upstreams, "write")).toMatchObject({ kind: "lost", sent: true, timedOut: false });
    const before = performance.now();
    expect(textOf(await call(upstreams, "echo"))).toBe("echo done");
    expect(performance.now() - before).toBeLessThan(2000);
    expect(remote.called).toEqual(["write", "echo"]);
  });

  it("that is not there says that nothing was sent, and is used again when it is back", async () => {
    const upstreams = open();
    await call(upstreams, "echo");
    await remote.stop();
    // A request that meets the closing of its connection half-way may have arrived, for all that anybody knows.
    await delay(100);
    expect(await call(upstreams, "write")).toMatchObject({ kind: "lost", sent: false });
    await remote.start();
    await until(async () => (await call(upstreams, "echo")).kind === "answered", "it is back");
    expect(remote.called.filter((tool) => tool === "write")).toEqual([]);
  });

  it("that does not answer in time may have done it", async () => {
    const upstreams = open();
    remote.behave.set("hang", () => undefined);
    const outcome = await call(upstreams, "hang", { deadlineMilliseconds: 300 });
    expect(outcome).toMatchObject({ kind: "lost", sent: true, timedOut: true });
    expect(textOf(await call(upstreams, "echo"))).toBe("echo done");
    expect(remote.called).toEqual(["hang", "echo"]);
  });

  it.each([401, 403])("that answers %i took nothing up", async (status) => {
    const upstreams = open();
    await call(upstreams, "echo");
    remote.before = (request, response) => {
      if (request.method !== "POST") return false;
      response.writeHead(status).end("who are you?");
      return true;
    };
    const outcome = await call(upstreams, "write");
    expect(outcome).toMatchObject({ kind: "lost", sent: false });
    expect(textOf(outcome)).toMatch(status === 401 ? /wants a login/ : /does not let us in/);
    remote.before = undefined;
    await until(async () => (await call(upstreams, "echo")).kind === "answered", "it lets us in again");
    expect(remote.called).not.toContain("write");
  });
});

describe("a server elsewhere", () => {
  it("of the newest protocol is spoken to without a session, and its list is followed", async () => {
    const child = spawn(process.execPath, [EVERYTHING, "--http", "0"], { stdio: ["ignore", "ignore", "pipe"] });
    stack.defer(() => void child.kill("SIGKILL"));
    const url = await new Promise<string>((resolve) => {
      child.stderr.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
    });
    const upstreams = connect(url);
    const names = (await upstreams.tools("far")).map(({ name }) => name);
    expect(names).toContain("test_simple_text");
    expect(textOf(await call(upstreams, "test_simple_text"))).toContain("text");
    const changes: string[] = [];
    upstreams.onToolsChanged((name) => changes.push(name));
    await call(upstreams, "test_trigger_tool_change");
    await until(() => changes.length > 0, "the change is heard of");
  });

  it("that answers with more than a message may have is given up, and comes back", async () => {
    const remote = stack.use(await startRemoteServer());
    const upstreams = connect(remote.url);
    remote.behave.set("large", (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const part = "x".repeat(8 * 1024 * 1024);
      response.write('{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"');
      for (let count = 0; count < 9; count += 1) response.write(part);
      response.end('"}]}}');
    });
    const outcome = await call(upstreams, "large");
    expect(outcome).toMatchObject({ kind: "lost", sent: true });
    expect(textOf(await call(upstreams, "echo"))).toBe("echo done");
  });

  it("that sends us to another place gets no key of ours there", async () => {
    const remote = stack.use(await startRemoteServer());
    const seen: string[] = [];
    const thief = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.writeHead(200).end();
    });
    await new Promise<void>((resolve) => thief.listen(0, "127.0.0.1", resolve));
    stack.defer(() => void thief.close());
    const { port } = thief.address() as AddressInfo;
    const upstreams = connect(remote.url, { headers: () => Promise.resolve({ Authorization: "Bearer planted-key" }) });
    await call(upstreams, "echo");
    remote.before = (_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/mcp` }).end();
      return true;
    };
    expect((await call(upstreams, "write", { deadlineMilliseconds: 1500 })).kind).toBe("lost");
    expect(seen.join()).not.toContain("planted-key");
  });
});
