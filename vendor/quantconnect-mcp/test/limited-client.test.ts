import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createApiClient, type ApiReply } from "../src/api-client.ts";
import { readSettings } from "../src/environment.ts";
import { limitedClient } from "../src/limited-client.ts";
import { retryAfterMs } from "../src/retry-after.ts";
import type { ApiRequest } from "../src/tool.ts";
import { isUrgentCall, longestWait } from "../src/urgent-call.ts";
import { API_TOKEN, type FakeApi, startFakeApi, USER_ID } from "./support/fake-api.ts";
import { virtualClock } from "./support/virtual-clock.ts";

const never = new AbortController().signal;
const TOO_MANY = { success: false, errors: ["Too many backtest requests; please slow down."] };

describe("a client that makes no more calls than the service takes", () => {
  let api: FakeApi;
  beforeAll(async () => {
    api = await startFakeApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  afterEach(() => {
    const problems = api.problems();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  });

  const started = () => {
    const clock = virtualClock();
    const settings = readSettings({
      QUANTCONNECT_USER_ID: USER_ID,
      QUANTCONNECT_API_TOKEN: API_TOKEN,
      QUANTCONNECT_BASE_URL: api.url,
    });
    const client = limitedClient(createApiClient(settings, Date.now), 10, clock);
    const send = (path: string, more: Partial<ApiRequest> = {}): Promise<ApiReply> =>
      client.send({ path, body: {}, encoding: "json", timeoutMs: 5000, ...more }, never);
    /** Lets virtual time pass until the call has its answer. */
    const answered = async (call: Promise<ApiReply>): Promise<ApiReply> => {
      const end = { seen: false };
      void call.then(() => (end.seen = true));
      for (let look = 0; !end.seen && look < 1000; look += 1) {
        await clock.pass(100);
        // The answer comes over a real socket.
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return call;
    };
    return { clock, send, answered };
  };

  it("asks a read again after the time that the service named, and changes nothing twice", async () => {
    const { clock, send, answered } = started();
    const refusal = { status: 429, headers: { "retry-after": "7" }, answer: "slow" };
    api.expect({ path: "/backtests/read", ...refusal }, { path: "/backtests/read", answer: { success: true } });
    expect(await answered(send("/backtests/read", { isRepeatable: true }))).toMatchObject({ kind: "answer" });
    expect(clock.time).toBeGreaterThanOrEqual(7000);
    api.expect({ path: "/backtests/create", ...refusal });
    expect(await answered(send("/backtests/create"))).toMatchObject({
      kind: "http-error",
      status: 429,
      retryAfterMs: 7000,
    });
  });

  it("gives a read up after three refusals", async () => {
    const { send, answered } = started();
    const path = "/live/read";
    api.expect({ path, status: 429, answer: "" }, { path, status: 429, answer: "" }, { path, status: 429, answer: "" });
    expect(await answered(send(path, { isRepeatable: true }))).toMatchObject({ kind: "http-error", status: 429 });
  });

  it("takes the API's own words for too many requests as a refusal that makes others wait", async () => {
    const { clock, send, answered } = started();
    api.expect({ path: "/backtests/create", answer: TOO_MANY }, { path: "/projects/read", answer: { success: true } });
    await answered(send("/backtests/create"));
    const from = clock.time;
    await answered(send("/projects/read"));
    expect(clock.time - from).toBeGreaterThanOrEqual(1800);
  });

  it("sends what is urgent in the middle of a pause", async () => {
    const { clock, send } = started();
    api.expect(
      { path: "/projects/read", status: 429, headers: { "retry-after": "600" }, answer: "" },
      { path: "/live/update/liquidate", answer: { success: true } },
    );
    await send("/projects/read");
    expect(await send("/live/update/liquidate", { isUrgent: true })).toMatchObject({ kind: "answer" });
    expect(clock.time).toBe(0);
  });

  it("says of a call that waited in vain, or was cancelled while it waited, that it was never sent", async () => {
    const clock = virtualClock();
    const refuse = { kind: "http-error", status: 429, text: "", errors: [], retryAfterMs: 60_000 } as const;
    const client = limitedClient({ send: () => Promise.resolve(refuse) }, 10, clock);
    const request = { path: "/x", body: {}, encoding: "json", timeoutMs: 20 } as const;
    await client.send(request, never);
    expect(await client.send(request, never)).toEqual({ kind: "held-back", afterMs: 20 });
    // What is meant for now does not wait as long as it may take.
    expect(await client.send({ ...request, timeoutMs: 60_000, longestWaitMs: 20 }, never)).toMatchObject({
      kind: "held-back",
      afterMs: 20,
    });
    const abort = new AbortController();
    const cancelled = client.send({ ...request, timeoutMs: 60_000 }, abort.signal);
    abort.abort();
    expect(await cancelled).toEqual({ kind: "cancelled", neverSent: true });
  });
});

describe("what is urgent", () => {
  it.each([
    ["stop_live_algorithm", {}, true],
    ["liquidate_live_algorithm", {}, true],
    ["create_live_command", { command: { $type: "CancelOrderCommand", OrderId: 1 } }, true],
    [
      "create_live_command",
      { command: { $type: "QuantConnect.Commands.LiquidateCommand, QuantConnect.Common" } },
      true,
    ],
    ["create_live_command", { command: { $type: "QuantwrightControl", reduce_only: true } }, true],
    ["create_live_command", { command: { $type: "OrderCommand", Quantity: 1 } }, false],
    ["create_live_command", { command: "CancelOrderCommand" }, false],
    ["read_live_orders", { command: { $type: "CancelOrderCommand" } }, false],
  ])("%s %j: %s", (tool, args, urgent) => {
    expect(isUrgentCall(tool, args)).toBe(urgent);
  });

  it("is not what opens a position, but that waits two seconds at most", () => {
    for (const tool of ["create_live_algorithm", "create_live_command", "broadcast_live_command"]) {
      expect([isUrgentCall(tool, {}), longestWait(tool)]).toEqual([false, 2000]);
    }
    expect(longestWait("create_backtest")).toBeUndefined();
  });
});

describe("the settings of the limiter", () => {
  it.each([
    [{}, 10],
    [{ QUANTCONNECT_BASE_URL: "http://127.0.0.1:9" }, undefined],
    [{ QUANTCONNECT_BASE_URL: "http://localhost.example.com" }, 10],
    [{ QUANTCONNECT_BASE_URL: "http://127.0.0.1:9", QUANTCONNECT_CALLS_PER_SECOND: "2.5" }, 2.5],
    [{ QUANTCONNECT_CALLS_PER_SECOND: "0" }, undefined],
    [{ QUANTCONNECT_CALLS_PER_SECOND: "many" }, 10],
    [{ QUANTCONNECT_CALLS_PER_SECOND: "-1" }, 10],
  ])("%j allow %s calls a second", (environment, expected) => {
    expect(readSettings(environment).callsPerSecond).toBe(expected);
  });

  it.each([
    ["7", 7000],
    [" 0 ", 0],
    ["Thu, 01 Jan 1970 00:00:03 GMT", 2000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
    ["-3", undefined],
    [null, undefined],
  ])("a Retry-After of %j is %s ms", (header, expected) => {
    expect(retryAfterMs(header, 1000)).toBe(expected);
  });
});
