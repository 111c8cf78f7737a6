import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Taint } from "../../src/gateway/taint.ts";
import { createTaintStore } from "../../src/store/desk/taint-store.ts";
import { deskDatabase, DIALECTS, steppingClock, testPlace } from "../store/support/databases.ts";

const ask = (principal: string, more: object = {}) => ({ principal, tool: "t", arguments: {}, ...more });
const write = { tool: "patch_file", arguments: { projectId: 7 }, tainted: true };

describe.each(DIALECTS.filter(({ missing }) => !missing))("taint on $name", ({ dialect }) => {
  let stack: AsyncDisposableStack;
  let taint: Taint;
  let again: () => Taint;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const place = stack.use(await testPlace(dialect));
    const { database } = stack.use(await deskDatabase(place));
    again = () => new Taint(createTaintStore(database, steppingClock()));
    taint = again();
  });
  afterEach(() => stack.disposeAsync());

  it("is on hosts always, and on the shell and agents not before they read something", async () => {
    expect(await taint.of(ask("host"), {})).toBe(true);
    expect(await taint.of(ask("cli"), {})).toBe(false);
    expect(await taint.of(ask("agent:strategy-lab", { runId: "r1" }), {})).toBe(false);
    await taint.passed(ask("agent:strategy-lab", { runId: "r1" }), { ...write, tool: "read_file", tainted: false });
    expect(await taint.of(ask("agent:strategy-lab", { runId: "r1" }), {})).toBe(true);
    expect(await taint.of(ask("agent:strategy-lab", { runId: "r2" }), {})).toBe(false);
  });

  it("goes into what a tainted caller stores, and from there to who uses it, also after a restart", async () => {
    await taint.passed(ask("host"), write);
    expect(await taint.of(ask("cli"), { projectId: 7 })).toBe(true);
    expect(await taint.of(ask("cli"), { projectId: 8 })).toBe(false);
    expect(await again().of(ask("cli"), { projectId: 7 })).toBe(true);
    await taint.passed(ask("host"), { tool: "upload_object", arguments: { key: "a/b" }, tainted: true });
    expect(await taint.of(ask("cli"), { key: "a/b" })).toBe(true);
  });

  it("does not come from a caller that is clean, or from reading", async () => {
    await taint.passed(ask("cli"), { ...write, tainted: false });
    await taint.passed(ask("host"), { ...write, tool: "read_file" });
    expect(await taint.of(ask("cli"), { projectId: 7 })).toBe(false);
  });
});
