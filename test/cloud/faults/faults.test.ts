import { describe, expect, it } from "vitest";
import { createFaultInjector } from "../../../src/cloud/faults/fault-injector.ts";
import { type FaultPlan, parseFaultPlan } from "../../../src/cloud/faults/fault-rule.ts";
import { startCloud } from "../support/cloud-under-test.ts";

function planOf(value: unknown): FaultPlan {
  const plan = parseFaultPlan(JSON.stringify(value));
  if (!plan.ok) throw new Error(plan.refusal.message);
  return plan.value;
}

describe("a plan of faults", () => {
  it("befalls the same requests with the same seed, and others with another", () => {
    const rules = [{ path: "/projects/*", fault: { kind: "status", status: 503 }, probability: 0.5 }];
    const hits = (seed: number): boolean[] => {
      const injector = createFaultInjector(planOf({ seed, rules }));
      return Array.from({ length: 60 }, () => injector.faultsOf("/projects/read").length > 0);
    };
    expect(hits(1)).toEqual(hits(1));
    expect(hits(1)).not.toEqual(hits(2));
    expect(hits(1).filter(Boolean).length).toBeGreaterThan(10);
    expect(hits(1).filter(Boolean).length).toBeLessThan(50);
  });

  it("befalls only the paths, the numbers and the times that it names", () => {
    const fault = { kind: "node-shortage" };
    const injector = createFaultInjector(
      planOf({
        rules: [
          { path: "/a/*", fault, nth: [2, 4] },
          { path: "/b", fault, times: 1 },
        ],
      }),
    );
    const hit = (path: string): boolean => injector.faultsOf(path).length > 0;
    expect(["/a/x", "/a/y", "/a/x", "/a/x", "/a/x"].map(hit)).toEqual([false, true, false, true, false]);
    expect(["/b", "/b", "/b/c", "/ab"].map(hit)).toEqual([true, false, false, false]);
  });

  it.each([
    "{",
    "[]",
    '{"rules": [{"path": "x", "fault": {"kind": "latency", "milliseconds": 1}}]}',
    '{"rules": [{"path": "/x", "fault": {"kind": "status", "status": 404}}]}',
    '{"rules": [{"path": "/x", "fault": {"kind": "other"}}]}',
    '{"rules": [], "more": 1}',
  ])("is refused when it makes no sense: %s", (text) => {
    expect(parseFaultPlan(text)).toMatchObject({ ok: false, refusal: { code: "USAGE" } });
  });
});

describe("a cloud with faults", () => {
  const withFault = async (
    rule: Record<string, unknown>,
    work: (cloud: Awaited<ReturnType<typeof startCloud>>) => Promise<void>,
  ): Promise<void> => {
    await using cloud = await startCloud({ faults: planOf({ rules: [rule] }) });
    await work(cloud);
  };
  const names = async (cloud: Awaited<ReturnType<typeof startCloud>>): Promise<string[]> =>
    (await cloud.store.projects.list({ start: 0 })).map(({ name }) => name);
  const NEW = { name: "Faulty", language: "Py" };

  it("answers 429 and 5xx with an envelope, without doing the work", async () => {
    for (const status of [429, 502]) {
      await withFault({ path: "/projects/create", fault: { kind: "status", status } }, async (cloud) => {
        const response = await cloud.send("/projects/create", NEW);
        expect(response.status).toBe(status);
        expect(await response.json()).toMatchObject({ success: false });
        expect(await names(cloud)).toEqual([]);
      });
    }
  });

  it("drops the connection after the work is done", async () => {
    await withFault({ path: "/projects/create", fault: { kind: "timeout-after-accept" } }, async (cloud) => {
      await expect(cloud.send("/projects/create", NEW).then((response) => response.text())).rejects.toThrow(
        /fetch failed|terminated|socket/,
      );
      expect(await names(cloud)).toEqual(["Faulty"]);
    });
  });

  it("breaks an answer off in the middle", async () => {
    await withFault({ path: "/projects/read", fault: { kind: "truncated-body" } }, async (cloud) => {
      await cloud.call("/projects/create", NEW);
      await expect(cloud.send("/projects/read").then((response) => response.json())).rejects.toThrow(
        /terminated|socket|JSON/,
      );
    });
  });

  it("gives the answer before the last", async () => {
    await withFault({ path: "/projects/read", fault: { kind: "stale-snapshot" }, nth: 2 }, async (cloud) => {
      expect(await cloud.call("/projects/read")).toMatchObject({ projects: [] });
      await cloud.call("/projects/create", NEW);
      expect(await cloud.call("/projects/read")).toMatchObject({ projects: [] });
      expect(await cloud.call("/projects/read")).toMatchObject({ projects: [{ name: "Faulty" }] });
    });
  });

  it("says that there are no nodes", async () => {
    await withFault({ path: "/backtests/create", fault: { kind: "node-shortage" } }, async (cloud) => {
      const answer = await cloud.call("/backtests/create");
      expect(answer.errors?.join()).toContain("no spare nodes");
    });
  });

  it("answers late", async () => {
    await withFault({ path: "/authenticate", fault: { kind: "latency", milliseconds: 120 } }, async (cloud) => {
      const begin = performance.now();
      expect((await cloud.call("/authenticate")).success).toBe(true);
      expect(performance.now() - begin).toBeGreaterThan(115);
    });
  });
});
