import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { processStartedAt } from "../../../src/clients/process/process-identity.ts";
import { passAllGate } from "../../../src/server/relay/pass-all-gate.ts";
import { eventually } from "../../support/e2e-processes.ts";
import { openRelay, type Frame } from "../../support/relay-under-test.ts";

const pidSchema = z.int().positive();
const framesSchema = z.array(z.looseObject({ id: z.unknown().optional(), method: z.string().optional() }));
const errorSchema = z.looseObject({ error: z.looseObject({ code: z.int(), message: z.string() }) });

const methods = (frames: readonly Frame[]): unknown[] => frames.map((frame) => frame["method"]);

describe("a relay whose gate checks arguments", () => {
  it("lists a tool for the gate that its client never listed, and not again for one that is not there", async () => {
    const known = new Set<unknown>();
    const sought = new Set<string>();
    const decided: [string, boolean][] = [];
    await using relay = await openRelay({
      gate: {
        ...passAllGate,
        listed: (tools) => {
          const names = z
            .array(z.looseObject({ name: z.string() }))
            .parse(tools)
            .map(({ name }) => name);
          // As if the server did not list this one.
          for (const name of names) if (name !== "pid") known.add(name);
          return tools;
        },
        lacks: (name) => !known.has(name) && sought.size < sought.add(name).size,
        call: (request) => {
          decided.push([request.name, known.has(request.name)]);
          return passAllGate.call(request);
        },
      },
    });
    await relay.call("echo", { a: 1 });
    await relay.call("pid");
    await relay.call("pid");
    expect(decided).toEqual([
      ["echo", true],
      ["pid", false],
      ["pid", false],
    ]);
    const heard = framesSchema.parse(await relay.call("heard")).map(({ method }) => method);
    expect(heard.filter((method) => method === "tools/list")).toHaveLength(2);
  });
});

describe("the relay passes on", () => {
  it("methods, members and values that it does not know, unchanged", async () => {
    await using relay = await openRelay();
    const odd = { deep: [{ ünï: "✓", big: 1e21, none: null }] };
    expect(await relay.ask("vendor/unheard-of", odd)).toMatchObject({ result: { got: odd } });
    expect(await relay.ask("tools/call", { name: "unknown_fields" })).toMatchObject({
      result: { content: [], future: { n: 1e21 } },
    });
    expect(await relay.call("echo", { a: 1 })).toEqual({ name: "echo", arguments: { a: 1 } });
  });

  it("errors of the server with their code and data", async () => {
    await using relay = await openRelay();
    const { error } = await relay.ask("tools/call", { name: "leak" });
    expect(error).toEqual({ code: -32_050, message: "no", data: { why: ["odd"] } });
  });

  it("requests under ids of its own, and answers under the client's, be they text or number", async () => {
    await using relay = await openRelay();
    for (const id of ["1", 1]) relay.say({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "pid" } });
    expect(await relay.answerTo("1")).toMatchObject({ id: "1" });
    expect(await relay.answerTo(1)).toMatchObject({ id: 1 });
    const seen = framesSchema.parse(await relay.call("heard")).map(({ id }) => id);
    expect(new Set(seen.filter((id) => id !== undefined)).size).toBe(seen.filter((id) => id !== undefined).length);
  });

  it("progress under the client's token, and none after the answer", async () => {
    await using relay = await openRelay();
    await relay.ask("tools/call", { name: "progress", _meta: { progressToken: "mine" } });
    await relay.call("pid");
    const progress = relay.told.filter(({ method }) => method === "notifications/progress");
    expect(progress.map(({ params }) => params)).toEqual([
      { progressToken: "mine", progress: 1 },
      { progressToken: "mine", progress: 2 },
    ]);
  });

  it.each(["sampling/createMessage", "elicitation/create", "roots/list"])(
    "what the server asks (%s), and the client's answer to it",
    async (method) => {
      await using relay = await openRelay();
      relay.say({ jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: "ask", arguments: { method } } });
      expect(await eventually(() => relay.told.some((frame) => frame["method"] === method))).toBe(true);
      const question = relay.told.find((frame) => frame["method"] === method);
      expect(question?.["id"]).not.toBe("q1");
      relay.say({ jsonrpc: "2.0", id: "not asked", result: { action: "accept" } });
      relay.say({ jsonrpc: "2.0", id: question?.["id"], result: { action: "decline" } });
      const answer = await relay.answerTo(5);
      expect(JSON.stringify(answer)).toContain("decline");
    },
  );

  it("notifications of the server", async () => {
    await using relay = await openRelay();
    await relay.call("notify", { method: "notifications/tools/list_changed" });
    expect(relay.told).toContainEqual({
      jsonrpc: "2.0",
      method: "notifications/tools/list_changed",
      params: { odd: true },
    });
  });

  it("cancellations under the server's id, drops those of unknown ids, and answers no cancelled call", async () => {
    await using relay = await openRelay();
    relay.say({ jsonrpc: "2.0", id: 77, method: "tools/call", params: { name: "hang" } });
    relay.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 4711 } });
    relay.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 77, reason: "enough" } });
    const heard = framesSchema.parse(await relay.call("heard"));
    const hang = heard.find(({ params }) => (params as Frame | undefined)?.["name"] === "hang");
    const cancelled = heard.filter(({ method }) => method === "notifications/cancelled");
    expect(cancelled).toEqual([
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: hang?.id, reason: "enough" } },
    ]);
    expect(relay.told.some(({ id }) => id === 77)).toBe(false);
  });
});

describe("the relay answers by itself", () => {
  it.each([
    ["an array", [{ jsonrpc: "2.0", id: 1, method: "ping" }], null],
    ["another version", { jsonrpc: "1.0", id: 3, method: "ping" }, 3],
    ["params that are no object", { jsonrpc: "2.0", id: 4, method: "ping", params: [1] }, 4],
    ["an id that is no text or number", { jsonrpc: "2.0", id: {}, method: "ping" }, null],
    ["a method that is no text", { jsonrpc: "2.0", id: 6, method: 6 }, 6],
    ["neither method nor result", { jsonrpc: "2.0", id: 7 }, 7],
    ["a text", "ping", null],
  ])("%s: as an invalid request", async (_what, frame, id) => {
    await using relay = await openRelay();
    relay.say(frame);
    expect(errorSchema.parse(relay.told.at(-1))).toMatchObject({ id, error: { code: -32_600 } });
    expect(await relay.call("pid")).toBeGreaterThan(0);
  });

  it("a message of more than 100 levels, in either direction", async () => {
    await using relay = await openRelay();
    let nested: unknown = 1;
    for (let level = 0; level < 101; level += 1) nested = { nested };
    relay.say({ jsonrpc: "2.0", id: 9, method: "tools/call", params: { name: "echo", arguments: { nested } } });
    expect(await relay.answerTo(9)).toMatchObject({ error: { code: -32_600 } });
    expect(await relay.ask("tools/call", { name: "deep", arguments: { levels: 50_000 } })).toMatchObject({
      result: { isError: true },
    });
    expect(await relay.ask("tools/call", { name: "deep", arguments: { levels: 90 } })).toHaveProperty("result.nested");
  });

  it("an id that is under way already, without losing the first request", async () => {
    await using relay = await openRelay();
    relay.say({ jsonrpc: "2.0", id: 8, method: "tools/call", params: { name: "hang" } });
    relay.say({ jsonrpc: "2.0", id: 8, method: "tools/call", params: { name: "pid" } });
    expect(errorSchema.parse(await relay.answerTo(8)).error.message).toContain("under way");
    expect(relay.session.inFlight).toBe(1);
  });

  it("a call that wants no answer: a server that looks at the method alone would make it, past the gate", async () => {
    await using relay = await openRelay();
    relay.say({ jsonrpc: "2.0", method: "tools/call", params: { name: "exit" } });
    relay.say({ jsonrpc: "2.0", method: "vendor/anything" });
    relay.say({ jsonrpc: "2.0", method: "notifications/vendor/anything" });
    const heard = methods(framesSchema.parse(await relay.call("heard")));
    expect(heard).toContain("notifications/vendor/anything");
    expect(heard).not.toContain("vendor/anything");
    expect(heard.filter((method) => method === "tools/call")).toHaveLength(1);
  });

  it("a call without a tool's name", async () => {
    await using relay = await openRelay();
    const { error } = errorSchema.parse(await relay.ask("tools/call", { arguments: {} }));
    expect(error).toEqual({ code: -32_602, message: "tools/call: params.name: a text was expected, undefined came" });
  });
});

describe("a server that misbehaves", () => {
  it("with lines that are no messages is still understood, and they are counted", async () => {
    await using relay = await openRelay();
    expect(await relay.call("garbage")).toBe("after garbage");
    expect(relay.logged).toContain("odd: 1 lines on its output were no messages");
  });

  it("with an answer of 9 MB is passed on, with one of 60 MB is an error of the tool, and lives", async () => {
    await using relay = await openRelay();
    expect(await relay.call("big", { bytes: 9_000_000 })).toHaveLength(9_000_000);
    const answer = await relay.ask("tools/call", { name: "big", arguments: { bytes: 60_000_000 } });
    expect(answer).toMatchObject({ result: { isError: true } });
    expect(JSON.stringify(answer)).toMatch(/60000\d+ bytes; at most 16777216/);
    expect(await relay.call("pid")).toBeGreaterThan(0);
  });

  it("with two answers to one request is heard once", async () => {
    await using relay = await openRelay();
    expect(await relay.call("answer_twice")).toBe("first");
    await relay.call("pid");
    expect(relay.told.filter((frame) => JSON.stringify(frame).includes("second"))).toEqual([]);
  });

  it("that dies in a call is told at once, and the next call has a new one, with the handshake and settings of before", async () => {
    await using relay = await openRelay();
    await relay.ask("logging/setLevel", { level: "error" });
    await relay.ask("resources/subscribe", { uri: "test://a" });
    await relay.ask("resources/subscribe", { uri: "test://b" });
    await relay.ask("resources/unsubscribe", { uri: "test://a" });
    const first = pidSchema.parse(await relay.call("pid"));
    const { error } = errorSchema.parse(await relay.ask("tools/call", { name: "die" }));
    expect(error.message).toContain("look up what happened");
    const startedAt = performance.now();
    const second = pidSchema.parse(await relay.call("pid"));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(second).not.toBe(first);
    const heard = framesSchema.parse(await relay.call("heard"));
    expect(methods(heard).slice(0, 4)).toEqual([
      "initialize",
      "notifications/initialized",
      "logging/setLevel",
      "resources/subscribe",
    ]);
    expect(heard[3]).toMatchObject({ params: { uri: "test://b" } });
    expect(methods(relay.told).filter((method) => method === "notifications/tools/list_changed")).toHaveLength(1);
  });

  it("that was killed is told in every call under way, and none is sent again", async () => {
    await using relay = await openRelay();
    const pid = pidSchema.parse(await relay.call("pid"));
    for (const id of [1, 2, 3]) relay.say({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "hang" } });
    await relay.call("pid");
    process.kill(pid, "SIGKILL");
    for (const id of [1, 2, 3]) expect(await relay.answerTo(id)).toHaveProperty("error");
    const heard = framesSchema.parse(await relay.call("heard"));
    expect(JSON.stringify(heard)).not.toContain("hang");
  });

  it("that withdraws by dying has its question withdrawn at the client", async () => {
    await using relay = await openRelay();
    const pid = pidSchema.parse(await relay.call("pid"));
    relay.say({
      jsonrpc: "2.0",
      id: 5,
      method: "tools/call",
      params: { name: "ask", arguments: { method: "roots/list" } },
    });
    expect(await eventually(() => methods(relay.told).includes("roots/list"))).toBe(true);
    const asked = relay.told.find(({ method }) => method === "roots/list")?.["id"];
    process.kill(pid, "SIGKILL");
    await relay.answerTo(5);
    expect(relay.told).toContainEqual({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: asked, reason: "the server went away" },
    });
  });

  it("that cannot be started is said so in the answer, and is not started at every request", async () => {
    await using relay = await openRelay({ command: "/nonexistent/server" });
    expect(errorSchema.parse(await relay.ask("ping")).error.message).toContain("went away");
    expect(errorSchema.parse(await relay.ask("ping")).error.message).toContain("tried again in a moment");
  });

  it("is ended with its session, and what was under way is cancelled", async () => {
    const relay = await openRelay();
    const pid = pidSchema.parse(await relay.call("pid"));
    relay.say({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "hang" } });
    await relay.session.close();
    expect(processStartedAt(pid)).toBeUndefined();
    expect(relay.session.inFlight).toBe(0);
  });
});

describe("the gate", () => {
  it("sees every call with its session, and decides what the server gets", async () => {
    const seen: unknown[] = [];
    await using relay = await openRelay({
      gate: {
        listed: (tools) => tools.slice(0, 1),
        call: async ({ session, name, arguments: args, forward }) => {
          seen.push({ session, name, args });
          if (name === "die") return { error: { code: -32_001, message: "not that" } };
          const outcome = await forward({ replaced: true });
          return outcome.kind === "answer" ? outcome : { error: { code: 1, message: outcome.kind } };
        },
      },
    });
    expect(await relay.call("echo", { mine: 1 })).toEqual({ name: "echo", arguments: { replaced: true } });
    expect(await relay.ask("tools/call", { name: "die" })).toMatchObject({ error: { message: "not that" } });
    expect(await relay.ask("tools/list")).toMatchObject({ result: { tools: [{ name: "echo" }] } });
    expect(seen).toEqual([
      { session: "s1", name: "echo", args: { mine: 1 } },
      { session: "s1", name: "die", args: undefined },
    ]);
  });

  it("may report progress of its own, and hears of a cancellation", async () => {
    let reason: unknown;
    await using relay = await openRelay({
      gate: {
        listed: (tools) => tools,
        call: ({ signal, onProgress }) =>
          new Promise((resolve) => {
            onProgress?.({ progress: 0, message: "waiting for a person" });
            signal.addEventListener("abort", () => {
              reason = signal.reason;
              resolve({ error: { code: 1, message: "cancelled" } });
            });
          }),
      },
    });
    relay.say({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "pid", _meta: { progressToken: 5 } } });
    expect(relay.told.at(-1)).toMatchObject({ params: { progressToken: 5, progress: 0 } });
    relay.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1, reason: "too slow" } });
    expect(reason).toBe("too slow");
    await setImmediate();
    expect(relay.told.some(({ id }) => id === 1)).toBe(false);
  });
});
