import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CloudUnderTest, ORGANIZATION_ID, startCloud } from "../support/cloud-under-test.ts";

const API_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

describe("projects", () => {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("are created with their fields and two files", async () => {
    const created = await cloud.call("/projects/create", {
      name: "One",
      language: "Py",
      organizationId: ORGANIZATION_ID,
    });
    expect(created).toMatchObject({
      success: true,
      projects: [{ name: "One", language: "Py", organizationId: ORGANIZATION_ID, ownerId: 4711 }],
    });
    expect(created).not.toHaveProperty("errors");
    const [project] = created["projects"] as [{ projectId: number; created: string; modified: string }];
    expect(project.created).toMatch(API_TIME);
    expect(project.modified).toMatch(API_TIME);
    const { files } = await cloud.call("/files/read", { projectId: project.projectId });
    expect(files).toMatchObject([{ name: "main.py" }, { name: "research.ipynb" }]);
  });

  it("get another name where theirs is taken", async () => {
    await cloud.call("/projects/create", { name: "Twice", language: "Py" });
    const second = await cloud.call("/projects/create", { name: "Twice", language: "C#" });
    expect(second).toMatchObject({ success: true, projects: [{ name: "Twice 1", language: "C#" }] });
  });

  it("are read one by one, by pages and all at once, the latest changed first", async () => {
    const projectId = await cloud.project();
    expect(await cloud.call("/projects/read", { projectId, start: 0 })).toMatchObject({ projects: [{ projectId }] });
    const paged = await cloud.call("/projects/read", { start: 0, end: 1 });
    expect(paged).toMatchObject({ success: true, projects: [{ projectId }] });
    const all = await cloud.call("/projects/read", {});
    expect((all["projects"] as unknown[]).length).toBeGreaterThan(1);
  });

  it("are renamed, but not to the name of another; their own is fine", async () => {
    const projectId = await cloud.project();
    expect(await cloud.call("/projects/update", { projectId, name: "Mine", description: "d" })).toEqual({
      success: true,
    });
    expect(await cloud.call("/projects/update", { projectId, name: "Mine" })).toEqual({ success: true });
    const read = await cloud.call("/projects/read", { projectId });
    expect(read).toMatchObject({ projects: [{ name: "Mine", description: "d" }] });
    const other = await cloud.project();
    const taken = await cloud.call("/projects/update", { projectId: other, name: "Mine" });
    expect(taken).toMatchObject({ success: false, errors: [expect.stringContaining("exists already")] });
  });

  it("are gone once deleted, with their waiting and running backtests, and their ids are not used again", async () => {
    const projectId = await cloud.project("wait");
    const backtestId = await cloud.backtest(projectId);
    await cloud.until("/backtests/read", { projectId, backtestId }, (answer) =>
      /Progress/.test(JSON.stringify(answer)),
    );
    expect(await cloud.call("/projects/delete", { projectId })).toEqual({ success: true });
    for (const path of ["/projects/read", "/projects/delete", "/files/read", "/compile/create", "/backtests/list"]) {
      expect(await cloud.call(path, { projectId })).toMatchObject({
        success: false,
        errors: [expect.stringContaining("not found")],
      });
    }
    while (cloud.runner.running() > 0) await cloud.call("/authenticate");
    expect(await cloud.project()).toBeGreaterThan(projectId);
  });

  it.each([
    ["/projects/create", { name: "x" }],
    ["/projects/create", { name: "x", language: "Rust" }],
    ["/projects/create", { name: " ", language: "Py" }],
    ["/projects/create", { name: "../up", language: "Py" }],
    ["/projects/create", { name: "a/./b", language: "Py" }],
    ["/projects/create", { name: "x".repeat(300), language: "Py" }],
    ["/projects/create", { name: "x", language: "Py", organizationId: " " }],
    ["/projects/create", { name: { a: 1 }, language: ["Py"] }],
    ["/projects/read", { projectId: -1 }],
    ["/projects/read", { projectId: "abc" }],
    ["/projects/read", { projectId: 1.5 }],
    ["/projects/read", { start: 5, end: 5 }],
    ["/projects/read", { start: -1 }],
    ["/projects/update", { projectId: -1, name: "x" }],
    ["/projects/update", {}],
    ["/projects/delete", { projectId: -1 }],
  ])("refuse bad input: %s %j", async (path, body) => {
    const answer = await cloud.call(path, body);
    expect(answer.success).toBe(false);
    expect(answer.errors?.length).toBeGreaterThan(0);
  });
});

describe("nodes", () => {
  let cloud: CloudUnderTest;
  let projectId = 0;
  beforeAll(async () => {
    cloud = await startCloud();
    projectId = await cloud.project();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  interface Nodes {
    readonly nodes: Readonly<
      Record<
        "backtest" | "live" | "research",
        readonly { readonly id: string; readonly active: boolean; readonly busy: boolean }[]
      >
    >;
    readonly autoSelectNode: boolean;
  }
  const read = async (): Promise<Nodes> =>
    (await cloud.call("/projects/nodes/read", { projectId })) as unknown as Nodes;

  it("are several of a kind, free, and chosen automatically at first", async () => {
    const { nodes, autoSelectNode } = await read();
    expect(autoSelectNode).toBe(true);
    for (const list of [nodes.backtest, nodes.live, nodes.research]) {
      expect(list.length).toBeGreaterThan(1);
      expect(list.every(({ active, busy }) => !active && !busy)).toBe(true);
    }
  });

  it("become active when chosen, and none is active after a reset", async () => {
    const id = (await read()).nodes.backtest[0]?.id ?? "";
    const chosen = await cloud.call("/projects/nodes/update", { projectId, nodes: [id] });
    expect(chosen).toMatchObject({ success: true, autoSelectNode: false });
    expect((await read()).nodes.backtest.filter(({ active }) => active)).toHaveLength(1);
    expect(await cloud.call("/projects/nodes/update", { projectId, nodes: [] })).toMatchObject({
      autoSelectNode: true,
    });
    expect(await cloud.call("/projects/nodes/update", { projectId })).toMatchObject({ autoSelectNode: true });
  });

  it.each([
    ["/projects/nodes/read", { projectId: -1 }],
    ["/projects/nodes/update", { projectId: -1, nodes: [] }],
    ["/projects/nodes/update", { projectId: 10_000_001, nodes: ["BN-unknown"] }],
    ["/projects/nodes/update", { projectId: 10_000_001, nodes: [5] }],
  ])("refuse bad input: %s %j", async (path, body) => {
    expect((await cloud.call(path, body)).success).toBe(false);
  });
});
