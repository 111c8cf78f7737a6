import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HealthRecord } from "../../../src/clients/upstream/health-record.ts";
import type { RemoteServer } from "../../../src/clients/upstream/http-session.ts";
import type { UpstreamStatus } from "../../../src/gateway/upstream-port.ts";
import { until } from "../process/support.ts";
import { fixtureServer, managerUnderTest, textOf, type ManagerUnderTest } from "./support/manager-under-test.ts";
import { startRemoteServer } from "./support/remote-server.ts";

const EVERYTHING = fileURLToPath(new URL("../../support/everything-server.ts", import.meta.url));
const EVERY = 30_000;
const health = { everyMilliseconds: EVERY, answerWithinMilliseconds: 150, failures: 2 };

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const statusOf = ({ upstreams }: ManagerUnderTest): UpstreamStatus | undefined => upstreams.status()[0];
const states = (under: ManagerUnderTest): unknown => statusOf(under)?.state;
/** Checks as often as is due until it is so. */
async function checkUntil(under: ManagerUnderTest, isSo: () => boolean, what: string): Promise<void> {
  await until(async () => {
    under.time += EVERY;
    await under.look();
    return isSo();
  }, what);
}

describe("a health check", () => {
  it("finds a child that lives and answers nothing, shows it as unhealthy, and starts it again", async () => {
    const under = stack.use(managerUnderTest(fixtureServer({}, { health })));
    const first = Number(textOf(await under.call("pid")));
    process.kill(first, "SIGSTOP");
    stack.defer(() => {
      try {
        process.kill(first, "SIGKILL");
      } catch {
        // It was ended, as it should be.
      }
    });
    await checkUntil(under, () => states(under) === "unhealthy", "it is unhealthy");
    expect(under.logged.join()).toContain("it answered none of 2 health checks in a row");
    // It runs anew, and is called unhealthy until it answered something.
    await until(() => statusOf(under)?.restarts === 1 && statusOf(under)?.pid !== null, "it runs again");
    expect(statusOf(under)).toMatchObject({ state: "unhealthy", restarts: 1 });
    await checkUntil(under, () => states(under) === "ready", "it answered");
    expect(Number(textOf(await under.call("pid")))).not.toBe(first);
  });

  it("asks nobody before it is due, who is at work, or who does not run", async () => {
    const remote = stack.use(await startRemoteServer());
    const asked: string[] = [];
    remote.before = (request) => {
      asked.push(request.method ?? "");
      return false;
    };
    const under = stack.use(managerUnderTest(remoteServer(remote.url)));
    await under.upstreams.tools("far");
    const posts = (): number => asked.filter((method) => method === "POST").length;
    const before = posts();
    under.time = EVERY - 1;
    await under.look();
    remote.behave.set("slow", (response, { id }) => {
      under.time = 10 * EVERY;
      void under.look();
      const result = { content: [{ type: "text", text: "slow" }] };
      setTimeout(
        () =>
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ jsonrpc: "2.0", id, result })),
        100,
      );
    });
    expect(textOf(await under.call("slow"))).toBe("slow");
    expect(posts() - before).toBe(1);
    under.time = 11 * EVERY;
    await under.look();
    expect(posts() - before).toBe(2);
    await under.upstreams[Symbol.asyncDispose]();
    const ended = posts();
    under.time = 100 * EVERY;
    await under.look();
    expect([posts(), states(under)]).toEqual([ended, "stopped"]);
  });

  it("gives up a connection over which nothing is answered, and opens another one", async () => {
    const remote = stack.use(await startRemoteServer());
    const under = stack.use(managerUnderTest(remoteServer(remote.url)));
    await under.call("echo");
    const session = remote.headers["mcp-session-id"];
    remote.before = ({ method, headers }) => method === "POST" && headers["mcp-session-id"] === session;
    for (const time of [EVERY, 2 * EVERY]) {
      under.time = time;
      await under.look();
    }
    expect(states(under)).toBe("unhealthy");
    expect(textOf(await under.call("echo"))).toBe("echo done");
    expect(statusOf(under)).toMatchObject({ state: "ready", restarts: 1 });
    expect(remote.handshakes).toBe(2);
  });

  it("asks a server of the newest protocol, which has no ping, what that has", async () => {
    const child = spawn(process.execPath, [EVERYTHING, "--http", "0"], { stdio: ["ignore", "ignore", "pipe"] });
    stack.defer(() => void child.kill("SIGKILL"));
    const url = await new Promise<string>((resolve) => {
      child.stderr.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
    });
    const under = stack.use(managerUnderTest(remoteServer(url, { failures: 1, answerWithinMilliseconds: 500 })));
    await under.upstreams.tools("far");
    under.time = EVERY;
    await under.look();
    // A request that the protocol does not have would fail here, and one failure is enough.
    expect(statusOf(under)).toMatchObject({ state: "ready", restarts: 0 });
    child.kill("SIGSTOP");
    await checkUntil(under, () => states(under) === "unhealthy", "it is unhealthy");
  });
});

describe("the record of a server's health", () => {
  it("counts failures in a row only, and heals by an answer, not by a restart", () => {
    const record = new HealthRecord({ ...health, failures: 2 });
    record.started(0);
    expect([record.isDue(EVERY - 1), record.isDue(EVERY)]).toEqual([false, true]);
    expect(record.missed(EVERY)).toBe(false);
    record.heard(EVERY + 5);
    expect([record.missed(2 * EVERY), record.unhealthy]).toEqual([false, false]);
    expect([record.missed(3 * EVERY), record.unhealthy]).toEqual([true, true]);
    record.started(3 * EVERY + 1);
    expect([record.isDue(3 * EVERY + 1), record.unhealthy]).toEqual([true, true]);
    record.heard(3 * EVERY + 2);
    expect([record.isDue(3 * EVERY + 3), record.unhealthy]).toEqual([false, false]);
  });
});

function remoteServer(url: string, more: Partial<typeof health> = {}): RemoteServer & { health: typeof health } {
  const headers = (): Promise<Record<string, string>> => Promise.resolve({});
  const policy = { ...health, ...more };
  return { name: "far", url, transport: "http", identity: url, headers, login: undefined, health: policy };
}
