import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endService } from "../../../src/clients/cloud-service/end-service.ts";
import { KeptCloud } from "../../../src/clients/cloud-service/kept-cloud.ts";
import { readServiceRecord } from "../../../src/clients/cloud-service/service-record.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";
import { isAlive, until } from "../process/support.ts";

const TINY_CLOUD = fileURLToPath(new URL("tiny-cloud.ts", import.meta.url));
const TOKEN = "planted-token-of-the-tiny-cloud";

describe("the cloud that a desk keeps", () => {
  let folder: string;
  let stack: AsyncDisposableStack;
  const logged: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-kept-"));
    logged.length = 0;
    stack = new AsyncDisposableStack();
    stack.defer(async () => {
      const record = readServiceRecord(folder);
      if (record !== undefined) await endService(record);
      rmSync(folder, { recursive: true });
    });
  });
  afterEach(() => stack.disposeAsync());
  const open = async (token = TOKEN): Promise<KeptCloud> => {
    const cloud = await KeptCloud.open({
      folder,
      identity: { version: "1", settings: "same" },
      account: { userId: "1", token },
      command: process.execPath,
      args: (port) => [TINY_CLOUD, folder, String(port)],
      env: { TOKEN: token },
      log: (line) => logged.push(line),
    });
    return stack.use(cloud);
  };
  const pid = (): number => readServiceRecord(folder)?.pid ?? 0;
  const runDeployments = (count: number): void => writeFileSync(join(folder, "live"), String(count));
  const starts = (): string[] => readFileSync(join(folder, "starts"), "utf8").trim().split("\n");

  it("is ready when it says so, in an environment of its own, and says what it does", async () => {
    const cloud = await open();
    expect(starts()).toEqual([`${pid()} TOKEN`]);
    expect(await cloud.state()).toEqual({ pid: pid(), live: 0, url: cloud.url, restarts: 0 });
    runDeployments(2);
    expect(await cloud.state()).toMatchObject({ live: 2 });
  });

  it("is started again on its port when it is killed", async () => {
    const cloud = await open();
    const [first, { url }] = [pid(), cloud];
    process.kill(first, "SIGKILL");
    await until(async () => (await cloud.state())?.restarts === 1, "the next one");
    expect(pid()).not.toBe(first);
    expect(cloud.url).toBe(url);
    expect(logged.join("\n")).toContain("ended (signal SIGKILL); starting it again");
  });

  it("that does not start gives its last words", async () => {
    writeFileSync(join(folder, "broken"), "port 1 is taken");
    const refusal = await refusalOf(open());
    expect(refusal.code).toBe("SERVICE_NOT_STARTED");
    expect(refusal.message).toMatch(/exit code 4: port 1 is taken/);
  });

  it("is gone when it is let go of, and does not come back", async () => {
    const cloud = await open();
    const first = pid();
    await cloud[Symbol.asyncDispose]();
    expect(isAlive(first)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(starts()).toHaveLength(1);
  });

  it("goes on without a desk while deployments run, and ends some seconds after the last one", async () => {
    runDeployments(1);
    const cloud = await open();
    const first = pid();
    await cloud[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(isAlive(first)).toBe(true);
    expect(logged.join("\n")).toContain(`1 live deployments go on in the local cloud (pid ${first})`);
    runDeployments(0);
    await until(() => !isAlive(first), "its end");
  });

  it("is taken over by the next desk while deployments run, and started again for that one when it dies", async () => {
    runDeployments(3);
    await (await open())[Symbol.asyncDispose]();
    const [first, url] = [pid(), readServiceRecord(folder)?.url];
    const next = await open();
    expect(await next.state()).toEqual({ pid: first, live: 3, url, restarts: 0 });
    expect(logged.join("\n")).toContain(`pid ${first} with 3 live deployments is taken over`);
    process.kill(first, "SIGKILL");
    await until(async () => (await next.state())?.restarts === 1, "the next one");
    expect(next.url).toBe(url);
    expect(starts()).toHaveLength(2);
  });

  it.each([
    ["has other settings", TOKEN, "other settings"],
    ["does not know the token", "another-token-of-the-same-desk", "answers 401"],
  ])("is replaced, not taken over, where it %s", async (_, token, why) => {
    runDeployments(1);
    if (token === TOKEN) writeFileSync(join(folder, "settings"), "older");
    await (await open())[Symbol.asyncDispose]();
    const [first, url] = [pid(), readServiceRecord(folder)?.url];
    rmSync(join(folder, "settings"), { force: true });
    const next = await open(token);
    expect(isAlive(first)).toBe(false);
    expect(pid()).not.toBe(first);
    expect(next.url).toBe(url);
    expect(logged.join("\n")).toContain(why);
  });

  it("takes another port where that of the last time is used", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    stack.defer(() => void other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const record = { pid: 2 ** 22 + 1, startedAt: "0", url, version: "1", settings: "same" };
    writeFileSync(join(folder, "service.json"), JSON.stringify(record));
    expect((await open()).url).not.toBe(url);
  });
});
