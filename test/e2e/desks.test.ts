import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openE2eHome } from "../support/e2e-home.ts";
import { allProcesses, eventually, familyOf, HAS_PROC, survivors, type SeenProcess } from "../support/e2e-processes.ts";

describe("a data directory", () => {
  it("has one desk: commands at once start one together, and a second desk is refused", async () => {
    await using home = openE2eHome();
    const all = await Promise.all(["up", "up", "up"].map((command) => home.run([command, "--json"])));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    const pids = all.map((one) => one.json()["pid"]);
    expect(new Set(pids).size).toBe(1);
    const second = await home.run(["desk", "--json"]);
    expect(second).toMatchObject({ code: 1 });
    expect(second.json()).toMatchObject({ error: { code: "DESK_ALREADY_RUNS" } });
    expect((await home.status())?.pid).toBe(pids[0]);
  });

  it("of one profile is not used for another that was asked for", async () => {
    await using home = openE2eHome();
    await home.run(["up"]);
    const other = await home.run(["tools", "list", "--profile", "quantconnect", "--json"]);
    expect(other.code).toBe(1);
    expect(other.json()).toMatchObject({ error: { code: "PROFILE_DIFFERS" } });
    expect(await home.run(["tools", "list", "--profile", "local"])).toMatchObject({ code: 0 });
  });
});

describe("a demo", () => {
  it.each([
    ["interrupted says so", "SIGINT", 1],
    ["killed says nothing", "SIGKILL", null],
  ] as const)(
    "that is %s, and leaves no desk and no process",
    async (_, signal, code) => {
      await using home = openE2eHome();
      let family: readonly SeenProcess[] = [];
      const interrupt = async (child: ChildProcess): Promise<void> => {
        const seen = (): SeenProcess[] => allProcesses().filter(({ commandLine }) => commandLine.includes(home.folder));
        await eventually(() => seen().some(({ commandLine }) => commandLine.includes(" serve ")));
        family = [...familyOf(child.pid ?? 0), ...seen()];
        child.kill(signal);
      };
      const done = await home.run(["demo", "--json"], {
        env: { TMPDIR: home.folder },
        started: (child) => void interrupt(child),
      });
      expect(done).toMatchObject({ code, err: "" });
      const refusals = [{ error: expect.objectContaining({ code: "CANCELLED" }) as unknown }];
      expect(done.lines()).toEqual(signal === "SIGINT" ? refusals : []);
      expect(family.length).toBeGreaterThan(HAS_PROC ? 2 : -1);
      expect(await survivors(family)).toEqual([]);
    },
    60_000,
  );
});

describe("demos at once, while the user's own desk runs", () => {
  it("end well and touch no data but their own", async () => {
    await using home = openE2eHome();
    await home.call("create_strategy", { name: "mine" });
    const temporary = join(home.folder, "tmp");
    mkdirSync(temporary);
    writeFileSync(join(temporary, "mine.txt"), "mine");
    const before = (await home.run(["audit", "verify", "--json"])).json();
    const env = { TMPDIR: temporary };
    const demos = await Promise.all([1, 2].map(() => home.run(["demo", "--json"], { env })));
    expect(demos.map(({ code, err }) => ({ code, err }))).toEqual([
      { code: 0, err: "" },
      { code: 0, err: "" },
    ]);
    const outcomes = demos.map((demo) => demo.json());
    expect(new Set(outcomes.map((one) => one["dataDir"])).size).toBe(2);
    for (const one of outcomes) expect(one).toMatchObject({ trials: 5 });
    expect(outcomes[0]?.["statistics"]).toEqual(outcomes[1]?.["statistics"]);
    expect((await home.run(["audit", "verify", "--json"])).json()).toEqual(before);
    expect(await home.call("list_strategies")).toMatchObject({ strategies: [{ name: "mine", trials: 0 }] });
    expect(readdirSync(temporary).filter((name) => !name.startsWith("quantwright-demo-"))).toEqual(["mine.txt"]);
    expect(allProcesses().filter(({ commandLine }) => commandLine.includes(temporary))).toEqual([]);
  }, 120_000);
});
