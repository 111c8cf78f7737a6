import { expect, it } from "vitest";
import { overBothTransports } from "../../support/cloud-caller.ts";
import { ORGANIZATION_ID } from "../../support/cloud-under-test.ts";

overBothTransports("projects, files, nodes and compiles", (test) => {
  const create = async (): Promise<number> => {
    const created = await test.ok("create_project", { name: "P", language: "Py", organizationId: ORGANIZATION_ID });
    return (created["projects"] as [{ projectId: number }])[0].projectId;
  };

  it("say who calls, and which engine there is", async () => {
    expect(await test.ok("read_account")).toMatchObject({ organizationId: ORGANIZATION_ID, creditBalance: 0 });
    expect((await test.ok("read_lean_versions"))["versions"]).toHaveLength(1);
  });

  it("follow a project from its creation to its end", async () => {
    const projectId = await create();
    expect(await test.ok("read_project", { projectId })).toMatchObject({ projects: [{ projectId, language: "Py" }] });
    expect((await test.ok("list_projects"))["projects"]).not.toEqual([]);
    await test.ok("update_project", { projectId, name: `Renamed ${projectId}`, description: "d" });
    const fast = { key: "fast", value: "10" };
    await test.ok("update_project_parameters", { projectId, parameters: [fast] });
    expect(JSON.stringify(await test.ok("read_project", { projectId }))).toMatch(/"fast".*"10"/);
    await test.ok("delete_project", { projectId });
    await test.refused("read_project", { projectId });
    await test.refused("update_project", { projectId, name: "x" });
    await test.refused("update_project_parameters", { projectId, parameters: [] });
    await test.refused("delete_project", { projectId });
    await test.refused("create_project", { name: " ", language: "Py" });
  });

  it("follow a file from its creation to its end", async () => {
    const projectId = await create();
    const file = { projectId, name: "lib/a.py" };
    await test.ok("create_file", { ...file, content: "one\ntwo\n" });
    expect(await test.refused("create_file", file)).toContain("already exist");
    await test.ok("update_file_contents", { ...file, content: "one\n2\n" });
    await test.ok("patch_file", {
      projectId,
      patch: "--- a/lib/a.py\n+++ b/lib/a.py\n@@ -1,2 +1,2 @@\n one\n-2\n+three\n",
    });
    await test.refused("patch_file", { projectId, patch: " " });
    await test.ok("update_file_name", { ...file, newName: "b.py" });
    expect(await test.ok("read_file", { projectId, name: "b.py" })).toMatchObject({
      files: [{ name: "b.py", content: "one\nthree\n" }],
    });
    await test.ok("delete_file", { projectId, name: "b.py" });
    for (const tool of ["read_file", "delete_file"]) await test.refused(tool, { projectId, name: "b.py" });
    await test.refused("update_file_contents", { projectId, name: "b.py", content: "x" });
    await test.refused("update_file_name", { projectId, name: "b.py", newName: "c.py" });
    await test.refused("create_file", { projectId, name: "../out.py" });
  });

  it("choose nodes for a project, and let it choose by itself again", async () => {
    const projectId = await create();
    const { nodes, autoSelectNode } = await test.ok("read_project_nodes", { projectId });
    expect(autoSelectNode).toBe(true);
    const [node] = (nodes as { backtest: [{ id: string }] }).backtest;
    expect(await test.ok("update_project_nodes", { projectId, nodes: [node.id] })).toMatchObject({
      autoSelectNode: false,
    });
    expect(await test.ok("update_project_nodes", { projectId, nodes: [] })).toMatchObject({ autoSelectNode: true });
    await test.refused("update_project_nodes", { projectId, nodes: ["unknown"] });
    await test.refused("update_project_nodes", { projectId: -1 });
    await test.refused("read_project_nodes", { projectId: -1 });
  });

  it("compile, and say what is wrong with the code", async () => {
    const projectId = await create();
    await test.ok("update_file_contents", { projectId, name: "main.py", content: "syntax error" });
    const { compileId, state } = await test.ok("create_compile", { projectId });
    expect(state).toBe("InQueue");
    let compile = await test.ok("read_compile", { projectId, compileId });
    while (compile["state"] === "InQueue") compile = await test.ok("read_compile", { projectId, compileId });
    expect(compile).toMatchObject({
      state: "BuildError",
      logs: [expect.any(String), expect.stringContaining("main.py:1:3")],
    });
    await test.refused("create_compile", { projectId: -1 });
    await test.refused("read_compile", { projectId, compileId: "unknown" });
  });
});

overBothTransports("backtests", (test) => {
  it("run, and show their result in parts", async () => {
    const projectId = await test.cloud.project();
    const compileId = await test.cloud.compile(projectId);
    const parameters = { a: 0, b: 0.5, c: "foo" };
    const created = await test.ok("create_backtest", { projectId, compileId, backtestName: "B", parameters });
    expect(created["backtest"]).toMatchObject({ name: "B", projectId, parameterSet: parameters });
    const { backtestId } = created["backtest"] as { backtestId: string };
    const ids = { projectId, backtestId };
    let { backtest } = await test.ok("read_backtest", ids);
    while (!(backtest as { completed: boolean }).completed) ({ backtest } = await test.ok("read_backtest", ids));
    expect(backtest).toMatchObject({ status: "Completed.", error: null });
    expect(await test.ok("list_backtests", { projectId, includeStatistics: true })).toMatchObject({
      backtests: [{ backtestId, alpha: 0.014, beta: null, trades: 250, compoundingAnnualReturn: 0.12345 }],
    });
    const range = { name: "Strategy Equity", count: 5, start: 0, end: 2_000_000_000 };
    expect(await test.ok("read_backtest_chart", { ...ids, ...range })).toMatchObject({ chart: { name: range.name } });
    const page = { start: 0, end: 2 };
    expect(await test.ok("read_backtest_orders", { ...ids, ...page })).toMatchObject({ length: 250 });
    expect(await test.ok("read_backtest_logs", { ...ids, ...page })).toMatchObject({ length: 300 });
    expect(await test.ok("read_backtest_insights", { ...ids, ...page })).toMatchObject({ length: 0 });
    expect(await test.ok("read_backtest_trades", { ...ids, ...page })).toMatchObject({ trades: [], length: 0 });
    const { report } = await test.ok("read_backtest_report", ids);
    expect(report).toMatch(/^<!doctype html>/);
    for (const tags of [["a", "b"], [], ["b"]]) {
      await test.ok("update_backtest_tags", { ...ids, tags });
      expect(await test.ok("list_backtests", { projectId })).toMatchObject({ backtests: [{ tags }] });
    }
    await test.ok("update_backtest", { ...ids, note: "n" });
    await test.ok("delete_backtest", ids);
    await test.refused("read_backtest", ids);
  });

  it("refuse what does not exist, pages that are too long and charts without a name", async () => {
    const projectId = await test.cloud.project();
    const ids = { projectId, backtestId: await test.cloud.backtest(projectId) };
    await test.refused("create_backtest", { projectId, compileId: "unknown", backtestName: "B" });
    await test.refused("create_backtest", { projectId, compileId: " ", backtestName: "B" });
    await test.refused("list_backtests", { projectId: -1 });
    for (const tool of ["read_backtest_orders", "read_backtest_insights", "read_backtest_trades"]) {
      await test.refused(tool, { ...ids, start: 0, end: 101 });
      await test.refused(tool, { ...ids, start: -1, end: 5 });
      await test.refused(tool, { ...ids, backtestId: " ", start: 0, end: 5 });
    }
    await test.refused("read_backtest_logs", { ...ids, start: 0, end: 201 });
    const chart = { ...ids, name: "Strategy Equity", count: 5, start: 0, end: 10 };
    await test.refused("read_backtest_chart", { ...chart, name: "Nothing" });
    await test.refused("read_backtest_chart", { ...chart, start: 11 });
    await test.refused("update_backtest_tags", { ...ids, tags: [""] });
    await test.refused("update_backtest_tags", { projectId, backtestId: "unknown", tags: ["a"] });
    for (const tool of ["read_backtest", "read_backtest_report", "update_backtest", "delete_backtest"]) {
      expect(await test.refused(tool, { projectId, backtestId: "unknown" })).toContain("not found");
    }
  });
});
