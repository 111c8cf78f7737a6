import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseJson } from "../../src/domain/parse-json.ts";
import { answered, gatewayUnderTest, SECRET, testSkill, textOf, type GatewayUnderTest } from "./support.ts";

const greet = testSkill("greet", (args) => Promise.resolve({ data: { hello: args["count"] ?? 1 }, source: "a test" }));
const longOne = testSkill("long_one", () =>
  Promise.resolve({ data: { rows: Array.from({ length: 9000 }, (_, row) => row), short: 1 }, source: "a test" }),
);
const compose = testSkill("compose", async (_, context) => {
  const body = await context.upstream("read_project", { projectId: 7 });
  return { data: { body }, source: "project 7" };
});
const fault = testSkill("fault", () => Promise.reject(new Error(`it broke near ${SECRET}`)));
const trade = testSkill("trade", () => Promise.resolve({ data: {}, source: "a test" }), { trading: true });
const roles = [{ name: "strategy-lab", upstreamTools: new Set(["read_project"]) }];

describe("the gateway", () => {
  let desk: GatewayUnderTest;
  beforeEach(async () => {
    desk = await gatewayUnderTest({ skills: [greet, longOne, compose, fault, trade], roles });
  });
  afterEach(() => desk[Symbol.asyncDispose]());
  const call = (tool: string, args: unknown = {}, more: object = {}) =>
    desk.gateway.call({ principal: "host", tool, arguments: args, ...more });

  describe("resolving", () => {
    it("names the nearest tools for an unknown name, and records the refusal", async () => {
      const { refusal, result } = await call("qc_read_acount", { a: 1 });
      expect(refusal).toMatchObject({
        code: "TOOL_UNKNOWN",
        remedy: "did you mean qc_read_account, qc_read_backtest, qc_read_project?",
      });
      expect(result.isError).toBe(true);
      expect(textOf(result)).toContain("TOOL_UNKNOWN");
      expect(await desk.audit()).toEqual(["refusal qc_read_acount TOOL_UNKNOWN"]);
    });

    it("does not know a tool outside the caller's toolset", async () => {
      expect((await call("qc_read_account", {}, { toolset: "desk" })).refusal?.code).toBe("TOOL_UNKNOWN");
      expect((await call("trade", {}, { toolset: "research" })).refusal?.code).toBe("TOOL_UNKNOWN");
      expect((await call("trade", {}, { toolset: "desk" })).refusal).toBeUndefined();
      expect((await call("qc_read_account", {}, { toolset: "full" })).refusal).toBeUndefined();
      expect(desk.registry.list("research").map(({ name }) => name)).toEqual(["greet", "long_one", "compose", "fault"]);
      expect(desk.registry.list("full")).toHaveLength(5 + desk.upstreams.listed.length);
    });
  });

  describe("authorising", () => {
    it("lets an agent use its own skills and its role's upstream tools, nothing else", async () => {
      const lab = { principal: "agent:strategy-lab" };
      expect((await call("greet", {}, lab)).refusal).toBeUndefined();
      expect((await call("qc_read_project", { projectId: 7 }, lab)).refusal).toBeUndefined();
      expect((await call("qc_create_project", { name: "x", language: "Py" }, lab)).refusal?.code).toBe(
        "NOT_AUTHORISED",
      );
      expect((await call("greet", {}, { principal: "agent:data-edge" })).refusal?.code).toBe("NOT_AUTHORISED");
      expect((await call("greet", {}, { principal: "pipeline:x" })).refusal?.code).toBe("NOT_AUTHORISED");
      expect(desk.upstreams.calls.map(({ tool }) => tool)).toEqual(["read_project"]);
    });

    it("lets the desk's own watchers read and nothing more", async () => {
      expect((await call("qc_list_projects", {}, { principal: "desk" })).refusal).toBeUndefined();
      const deleting = await call("qc_delete_project", { projectId: 7 }, { principal: "desk" });
      expect(deleting.refusal?.code).toBe("NOT_AUTHORISED");
    });
  });

  it("tells the age of an answer that an upstream kept from before", async () => {
    const kept = answered({ success: true });
    desk.upstreams.answers.set("read_account", kept.kind === "answered" ? { ...kept, ageSeconds: 42 } : kept);
    const { result } = await call("qc_read_account");
    expect(result._meta?.["quantwright/envelope"]).toMatchObject({ ageSeconds: 42 });
  });

  it("keeps what is too long for a client, and says that the call was made and where its result is", async () => {
    const big = { success: true, text: "x".repeat(8_000_000) };
    desk.upstreams.answers.set("read_account", answered(big));
    const { result, refusal } = await call("qc_read_account");
    expect(refusal).toBeUndefined();
    expect(JSON.stringify(result).length).toBeLessThan(1000);
    expect(textOf(result)).toContain("The call was made");
    const hash = /"resultRef":"(\w+)"/.exec(textOf(result))?.[1] ?? "none";
    const kept = parseJson((await desk.artifacts.get(hash)) ?? "null");
    expect(kept).toMatchObject({ structuredContent: big });
    desk.upstreams.answers.set("read_account", answered({ success: true, text: "x".repeat(3_000_000) }));
    expect((await call("qc_read_account")).result.structuredContent).toMatchObject({ success: true });
  });

  describe("validating", () => {
    it("names the field, what was expected and what came", async () => {
      const { refusal } = await call("greet", { count: "many" });
      expect(refusal?.code).toBe("ARGUMENTS_INVALID");
      expect(refusal?.message).toMatch(/count: .*expected number.*"many" came/i);
      expect((await call("greet", { cuont: 2 })).refusal?.message).toMatch(/cuont/);
      const missing = await call("qc_read_compile", { compileId: "c" });
      expect(missing.refusal?.message).toMatch(/projectId: .*expected number.*nothing came/i);
      expect(desk.upstreams.calls).toEqual([]);
    });

    it("takes an upstream's arguments flat or wrapped in model, and sends them flat", async () => {
      await call("qc_read_project", { projectId: 7 });
      await call("qc_read_project", { model: { projectId: 8 } });
      expect(desk.upstreams.calls.map((one) => one.arguments)).toEqual([{ projectId: 7 }, { projectId: 8 }]);
      const both = { projectId: 7, model: { projectId: 8 } };
      expect((await call("qc_read_project", both)).refusal?.code).toBe("ARGUMENTS_INVALID");
      expect((await call("qc_read_project", { model: { model: { projectId: 8 } } })).refusal?.code).toBe(
        "ARGUMENTS_INVALID",
      );
      expect(desk.upstreams.calls).toHaveLength(2);
      expect((await call("qc_read_project", "seven")).refusal?.code).toBe("ARGUMENTS_INVALID");
    });

    it("refuses a field that a tool of QuantConnect does not have, instead of letting the server drop it", async () => {
      for (const args of [{ projectId: 7, nmae: "x" }, { model: { projectId: 7, nmae: "x" } }]) {
        const { refusal } = await call("qc_read_project", args);
        expect(refusal).toMatchObject({ code: "ARGUMENTS_INVALID" });
        expect(refusal?.message).toMatch(/no field "nmae"; expected .*projectId/);
      }
      expect(desk.upstreams.calls).toEqual([]);
    });

    it("refuses arguments that are nested too deeply before it walks them", async () => {
      let deep: unknown = 1;
      for (let level = 0; level < 20_000; level += 1) deep = [deep];
      expect((await call("greet", { count: deep })).refusal?.code).toBe("ARGUMENTS_INVALID");
      expect(await desk.audit()).toEqual(["refusal greet ARGUMENTS_INVALID"]);
    });
  });

  describe("deciding", () => {
    it.each([
      ["qc_stop_live_algorithm", { projectId: 7 }, "APPROVAL_REQUIRED"],
      ["qc_create_live_command", { projectId: 7, command: {} }, "RAW_COMMAND_DENIED"],
      ["qc_broadcast_live_command", { organizationId: "o", command: {} }, "RAW_COMMAND_DENIED"],
      ["qc_delete_project_collaborator", { projectId: 7, collaboratorId: "u" }, "APPROVAL_REQUIRED"],
    ])("answers %s of a host with %s and sends nothing", async (tool, args, code) => {
      expect((await call(tool, args)).refusal?.code).toBe(code);
      expect(desk.upstreams.calls).toEqual([]);
      expect(await desk.audit()).toEqual([`refusal ${tool} ${code}`]);
    });

    it("never asks before it lowers risk", async () => {
      expect((await call("qc_liquidate_live_algorithm", { projectId: 7 })).refusal).toBeUndefined();
      expect(desk.upstreams.calls.map(({ tool }) => tool)).toEqual(["liquidate_live_algorithm"]);
    });
  });

  describe("calling", () => {
    it("commits the intent, calls, then records the outcome", async () => {
      const { result, callId } = await call("qc_read_account");
      expect(desk.events).toEqual(["intent qc_read_account", "call read_account", "outcome qc_read_account"]);
      const [intent, outcome] = await desk.ledger.tail(2);
      expect(intent).toMatchObject({ callId, kind: "intent", class: "read", principal: "host", seq: 1 });
      expect(outcome).toMatchObject({ callId, kind: "outcome", result: "ok", seq: 2 });
      expect(result.structuredContent).toEqual({ success: true });
      expect(result._meta).toMatchObject({ "quantwright/envelope": { auditSeq: 1, profile: "local", mode: "none" } });
      expect(textOf(result)).toContain("audit 1");
    });

    it("sends nothing when the intent cannot be recorded", async () => {
      desk.breakLedger(({ kind }) => kind === "intent");
      expect((await call("qc_create_project", { name: "x", language: "Py" })).refusal?.code).toBe("AUDIT_UNAVAILABLE");
      expect((await call("compose")).refusal?.code).toBe("AUDIT_UNAVAILABLE");
      expect(desk.upstreams.calls).toEqual([]);
    });

    it("does not say that a call was not made when only its outcome cannot be recorded", async () => {
      desk.breakLedger(({ kind }) => kind === "outcome");
      const made = await call("qc_create_project", { name: "x", language: "Py" });
      expect(made.refusal).toBeUndefined();
      expect(made.result.structuredContent).toEqual({ success: true });
      expect(desk.logged.join()).toMatch(/outcome ok of call id1 not recorded/);
    });

    it("refuses an intent id that was used before", async () => {
      const once = { intentId: "mine" };
      expect((await call("qc_create_project", { name: "x", language: "Py" }, once)).refusal).toBeUndefined();
      const again = await call("qc_create_project", { name: "x", language: "Py" }, once);
      expect(again.refusal?.code).toBe("DUPLICATE_INTENT");
      expect(desk.upstreams.calls).toHaveLength(1);
    });

    it("passes a business error on and records it as refused", async () => {
      desk.upstreams.answers.set("read_project", answered({ success: false, errors: ["Project not found: 7"] }));
      const { result, refusal } = await call("qc_read_project", { projectId: 7 });
      expect(refusal).toBeUndefined();
      expect(result.structuredContent).toEqual({ success: false, errors: ["Project not found: 7"] });
      expect(await desk.audit()).toContain("outcome qc_read_project UPSTREAM_REFUSED");
      const inner = await call("compose");
      expect(inner.refusal).toMatchObject({ code: "UPSTREAM_REFUSED", message: "read_project: Project not found: 7" });
    });

    it("calls the outcome of a lost write unknown, and sends it once", async () => {
      desk.upstreams.answers.set("create_project", { kind: "lost", sent: true, timedOut: false, reason: "it died" });
      const { refusal } = await call("qc_create_project", { name: "x", language: "Py" });
      expect(refusal?.code).toBe("OUTCOME_UNKNOWN");
      expect(refusal?.retryable).toBeUndefined();
      expect(desk.upstreams.calls).toHaveLength(1);
      expect(await desk.audit()).toContain("outcome qc_create_project OUTCOME_UNKNOWN");
    });

    it.each([
      [{ sent: false, timedOut: false }, "UPSTREAM_UNAVAILABLE"],
      [{ sent: true, timedOut: true }, "DEADLINE_EXCEEDED"],
      [{ sent: true, timedOut: false }, "UPSTREAM_LOST"],
    ])("says of a lost read (%j) that it may be asked again: %s", async (how, code) => {
      desk.upstreams.answers.set("read_account", { kind: "lost", reason: "it died", ...how });
      expect((await call("qc_read_account")).refusal).toMatchObject({ code, retryable: true });
    });

    it("tells a cancelled read from a lost one, but calls a cancelled write unknown", async () => {
      const controller = new AbortController();
      const aborted = (): { kind: "lost"; sent: true; timedOut: false; reason: string } => {
        controller.abort();
        return { kind: "lost", sent: true, timedOut: false, reason: "aborted" };
      };
      desk.upstreams.answers.set("read_account", aborted);
      desk.upstreams.answers.set("create_project", aborted);
      const more = { signal: controller.signal };
      expect((await call("qc_read_account", {}, more)).refusal?.code).toBe("CANCELLED");
      const write = await call("qc_create_project", { name: "x", language: "Py" }, more);
      expect(write.refusal?.code).toBe("OUTCOME_UNKNOWN");
    });

    it("passes signal, deadline and progress on", async () => {
      const seen: unknown[] = [];
      desk.upstreams.answers.set("read_account", (one) => {
        one.onProgress?.({ progress: 1, total: 2, message: "half" });
        return answered({ deadline: one.deadlineMilliseconds, aborted: one.signal?.aborted });
      });
      const signal = new AbortController().signal;
      const { result } = await call("qc_read_account", {}, { signal, onProgress: (step: unknown) => seen.push(step) });
      expect(result.structuredContent).toEqual({ deadline: 5000, aborted: false });
      expect(seen).toEqual([{ progress: 1, total: 2, message: "half" }]);
    });
  });

  describe("composed tools", () => {
    it("passes inner calls through the same steps, as the same principal, under their caller", async () => {
      const { callId } = await call("compose", {}, { principal: "agent:strategy-lab", runId: "r1" });
      expect(desk.events).toEqual([
        "intent compose",
        "intent qc_read_project",
        "call read_project",
        "outcome qc_read_project",
        "outcome compose",
      ]);
      const inner = (await desk.ledger.tail(9)).find(({ tool }) => tool === "qc_read_project");
      expect(inner).toMatchObject({ principal: "agent:strategy-lab", parentCallId: callId, runId: "r1" });
    });

    it("gives the whole of an answer that came as a summary, and says when the rest is lost", async () => {
      desk.upstreams.answers.set("read_project", answered({ _summary: { resource: "quantconnect://results/1" } }));
      expect((await call("compose")).refusal).toMatchObject({ code: "UPSTREAM_LOST", retryable: true });
      desk.upstreams.resources.set("quantconnect://results/1/full", JSON.stringify({ whole: true, note: SECRET }));
      expect((await call("compose")).result.structuredContent).toMatchObject({ body: { whole: true, note: "•••" } });
    });

    it("answers with the envelope beside the data, in text and structure alike", async () => {
      const { result } = await call("greet", { count: 3 });
      expect(result.structuredContent).toEqual({
        hello: 3,
        envelope: {
          profile: "local",
          mode: "none",
          asOf: "2023-11-14T22:13:20.000Z",
          ageSeconds: 0,
          source: "a test",
          runId: null,
          auditSeq: 1,
        },
      });
      expect(JSON.parse(textOf(result))).toEqual(result.structuredContent);
    });

    it("gives a long answer as a reference to the same content", async () => {
      const { result } = await call("long_one");
      const { resultRef } = result.structuredContent as { resultRef: { resultRef: string; sections: unknown } };
      expect(textOf(result).length).toBeLessThan(2000);
      expect(resultRef.sections).toEqual([
        { name: "rows", characters: 43_891, items: 9000 },
        { name: "short", characters: 1 },
      ]);
      const whole: unknown = JSON.parse((await desk.artifacts.get(resultRef.resultRef)) ?? "");
      expect(whole).toMatchObject({ short: 1 });
      expect((whole as { rows: unknown[] }).rows).toHaveLength(9000);
    });

    it("turns a fault into an answer with a code, without its secrets", async () => {
      const { refusal, result } = await call("fault");
      expect(refusal).toMatchObject({ code: "INTERNAL_FAULT", message: "it broke near •••" });
      expect(textOf(result)).not.toContain(SECRET);
      expect(await desk.audit()).toEqual(["intent fault", "outcome fault INTERNAL_FAULT"]);
    });

    it("says that a call was cancelled when its skill was", async () => {
      const controller = new AbortController();
      controller.abort();
      await using other = await gatewayUnderTest({
        skills: [testSkill("wait", (_, { signal }) => Promise.reject(signal.reason as Error))],
      });
      const answer = other.gateway.call({ principal: "host", tool: "wait", arguments: {}, signal: controller.signal });
      expect((await answer).refusal?.code).toBe("CANCELLED");
    });
  });

  describe("secrets", () => {
    it("appear in no record, no refusal and no result", async () => {
      desk.upstreams.answers.set("read_account", (one) => answered({ echo: one.arguments, header: `Basic ${SECRET}` }));
      desk.upstreams.answers.set("read_project", { kind: "lost", sent: true, timedOut: false, reason: SECRET });
      desk.upstreams.answers.set("list_projects", answered({ success: false, errors: [`bad token ${SECRET}`] }));
      const padded = `${"x".repeat(110)}${SECRET}${"x".repeat(400)}`;
      const answers = [
        await call("qc_read_account"),
        await call("qc_read_project", { projectId: 7 }),
        await call("qc_list_projects"),
        await call("qc_search_quantconnect", {
          language: "Py",
          criteria: [{ input: padded, type: "Stubs", count: 1 }],
        }),
        await call("greet", { count: SECRET }),
        await call("greet", { count: 1, token: "another-one-123456" }),
        await call("greet", { count: 0, token: ["another-one-123456"] }),
        await call(SECRET, {}),
      ];
      const told = JSON.stringify([answers, desk.logged, await desk.ledger.tail(100)]);
      expect(told).not.toContain("planted-s");
      expect(told).not.toContain("another-one");
      expect(answers[3]?.refusal).toBeUndefined();
    });

    it("keeps what a long argument was as a hash and a beginning", async () => {
      await call("qc_create_file", { projectId: 7, name: "a.py", content: "y".repeat(5000) });
      const [intent] = await desk.ledger.tail(1);
      expect(intent?.arguments.length).toBeLessThan(300);
      expect(intent?.arguments).toContain("(5000 characters)");
      expect(intent?.argumentsHash).toMatch(/^[0-9a-f]{64}$/);
    });
  });
});
