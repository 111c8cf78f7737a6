import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";

describe("the audit log from the command line", () => {
  let home: E2eHome;
  beforeAll(async () => {
    home = openE2eHome();
    await home.call("create_strategy", { name: "recorded" });
  });
  afterAll(() => home[Symbol.asyncDispose]());
  const file = (name: string): string => join(home.folder, name);
  const verify = async (...more: readonly string[]): Promise<Record<string, unknown>> =>
    (await home.run(["audit", "verify", "--json", ...more])).json();

  it("replays a call with the calls that it made", async () => {
    const records = (await home.run(["audit", "tail", "-n", "100", "--json"])).lines()[0] as Record<string, string>[];
    const made = records.find(({ tool, kind }) => tool === "create_strategy" && kind === "intent");
    const text = await home.run(["audit", "replay", made?.["callId"] ?? ""]);
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/create_strategy {2}ok\n/);
    expect(text.out).toMatch(/\n {2}\S.*ms {2}cli .*qc_create_project {2}ok\n/);
    const [tree] = (await home.run(["audit", "replay", made?.["callId"] ?? "", "--json"])).lines()[0] as {
      calls: unknown[];
    }[];
    expect(tree?.calls.length).toBeGreaterThan(0);
    const unknown = await home.run(["audit", "replay", "nothing", "--json"]);
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.json()).toMatchObject({ error: { code: "CALL_UNKNOWN" } });
  });

  it("is exported as OpenTelemetry logs to a file that only its owner reads", async () => {
    const out = file("logs.jsonl");
    expect(await home.run(["audit", "export", "--format", "otlp", "--out", out])).toMatchObject({ code: 0, out: "" });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const lines = readFileSync(out, "utf8").trim().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines)
      expect(JSON.parse(line)).toHaveProperty(["resourceLogs", 0, "scopeLogs", 0, "logRecords"]);
    expect(await home.run(["audit", "export", "--out", out, "--json"])).toMatchObject({ code: 1 });
    expect(await home.run(["audit", "export", "--format", "xml", "--json"])).toMatchObject({ code: 2 });
    expect((await home.run(["audit", "export"])).lines().at(-1)).toHaveProperty("hash");
  });

  it("keeps its chain when its records move to an archive", async () => {
    const archive = file("old.jsonl.gz");
    const before = new Date(Date.now() + 1000).toISOString();
    const pruned = await home.run(["audit", "prune", "--before", before, "--archive", archive, "--json"]);
    expect(pruned.code).toBe(0);
    expect(pruned.json()["count"]).toBeGreaterThan(3);
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    await home.call("list_strategies");
    expect(await verify()).toMatchObject({ ok: true });
    expect(await verify("--archive", archive)).toMatchObject({ ok: true });
    writeFileSync(archive, "other");
    expect(await verify("--archive", archive)).toMatchObject({ ok: false, seq: 1 });
    await home.run(["down"]);
    await home.call("list_strategies");
    expect(await verify()).toMatchObject({ ok: true });
  });
});
