import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinedLists } from "../../../src/clients/upstream/pooled-upstream.ts";
import { listedFault } from "../../../src/gateway/listed-fault.ts";
import { until } from "../process/support.ts";
import { fixtureServer, managerUnderTest, textOf, type ManagerUnderTest } from "./support/manager-under-test.ts";

const tool = (name: string, description = "") => ({ name, description, inputSchema: { type: "object" } });

describe("a pool of instances", () => {
  let folder = "";
  let under: ManagerUnderTest;
  const pids = (): (number | null)[] => under.upstreams.status()[0]?.instances?.map(({ pid }) => pid) ?? [];
  const hung = (): number => {
    try {
      return readFileSync(join(folder, "journal"), "utf8").match(/hang begins/g)?.length ?? 0;
    } catch {
      return 0;
    }
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quantwright-pool-"));
    const env = { JOURNAL: join(folder, "journal"), FIRST: join(folder, "first") };
    under = managerUnderTest(fixtureServer(env, { instances: 2 }));
    await until(() => pids().every((pid) => pid !== null), "both run");
  });
  afterAll(async () => {
    await under[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("gives a call to the instance with the fewest in flight", async () => {
    const stop = new AbortController();
    const hanging = under.call("hang", {}, { signal: stop.signal });
    await until(() => hung() === 1, "one is busy");
    const answers = await Promise.all(["pid", "pid"].map((name) => under.call(name)));
    const free = new Set(answers.map(textOf));
    // Two at once after one that hangs: the free one first, then who has as much to do.
    expect(free.has(textOf(await under.call("pid")))).toBe(true);
    const one = [textOf(await under.call("pid")), textOf(await under.call("pid"))];
    expect(new Set(one).size).toBe(1);
    stop.abort();
    await hanging;
    const turns = [textOf(await under.call("pid")), textOf(await under.call("pid"))];
    expect(new Set(turns)).toEqual(new Set(pids().map(String)));
  });

  it("names what its instances list differently more than once, which is in quarantine then", async () => {
    const listed = await under.upstreams.tools("fixture");
    const times = (name: string): number => listed.filter((one) => one.name === name).length;
    expect([times("described"), times("extra"), times("pid")]).toEqual([2, 2, 1]);
    expect(listedFault("x", tool("x"), { taken: false, times: 2 })).toMatch(/instances list it differently/);
  });

  it("goes on with the others when one dies, and starts it again", async () => {
    const [dying, serving] = pids();
    process.kill(Number(dying), "SIGKILL");
    const answers = await Promise.all(Array.from({ length: 6 }, () => under.call("pid")));
    // What the dying one had taken may be lost; the rest is answered by the other.
    expect(answers.map(textOf)).toContain(String(serving));
    await until(() => !pids().includes(null) && !pids().includes(Number(dying)), "it runs again");
    expect(under.upstreams.status()).toMatchObject([{ name: "fixture", state: "ready", restarts: 1 }]);
    expect(pids()).toContain(serving);
  });
});

describe("the lists of several instances", () => {
  it("are one list where they are the same, whatever the order", () => {
    const list = [tool("a"), tool("b")];
    expect(joinedLists([list, list.toReversed(), list])).toEqual(list);
    expect(joinedLists([])).toEqual([]);
  });

  it("have what one of them lacks or says otherwise more than once", () => {
    const names = (lists: Parameters<typeof joinedLists>[0]): string[] => joinedLists(lists).map(({ name }) => name);
    expect(names([[tool("a"), tool("b")], [tool("a")]])).toEqual(["a", "b", "b"]);
    expect(names([[tool("a")], [tool("a"), tool("b")]])).toEqual(["a", "b", "b"]);
    expect(names([[tool("a")], [tool("a", "changed")], [tool("a", "again")]])).toEqual(["a", "a"]);
  });
});
