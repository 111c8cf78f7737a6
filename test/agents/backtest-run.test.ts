import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backtestRun, type RunCall } from "../../src/agents/backtest-run.ts";
import { postToCloud } from "../../src/clients/accounts/cloud-api.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import type { Run } from "../../src/domain/run.ts";
import type { RunContext } from "../../src/runs/run-definition.ts";

const PATHS: Readonly<Record<string, string>> = {
  create_compile: "/compile/create",
  read_compile: "/compile/read",
  create_backtest: "/backtests/create",
  list_backtests: "/backtests/list",
  read_backtest: "/backtests/read",
};

/** When each path was asked, in virtual milliseconds. */
const asked = new Map<string, number[]>();
const time = { now: 0 };

/** Compiles in a while, runs for a while, and is not there for a while in between. */
const service = createServer((request, response) => {
  void json(request).then(() => {
    const path = request.url ?? "";
    const times = asked.get(path) ?? [];
    asked.set(path, [...times, time.now]);
    const answers: Readonly<Record<string, () => unknown>> = {
      "/compile/create": () => ({ compileId: "c", state: "InQueue" }),
      "/compile/read": () => ({ state: times.length < 4 ? "InQueue" : "BuildSuccess" }),
      "/backtests/create": () => ({ backtest: { backtestId: "b" } }),
      "/backtests/list": () => ({ backtests: [] }),
      "/backtests/read": () =>
        times.length >= 5 && times.length < 8 ? { limited: true } : { backtest: { completed: times.length > 12 } },
    };
    response.end(JSON.stringify({ success: true, ...(answers[path]?.() as object) }));
  });
});

const call: RunCall = async ({ tool, arguments: args }) => {
  const { port } = service.address() as AddressInfo;
  const api = {
    url: () => `http://127.0.0.1:${port}`,
    userId: "1",
    token: "t",
    seconds: () => 0,
    deadlineMilliseconds: 5000,
  };
  const body = (await postToCloud(api, PATHS[tool] ?? "/unknown", args)) as Readonly<Record<string, unknown>>;
  if (body["limited"] === true) throw new RefusalError({ code: "RATE_LIMITED", message: "slow", retryable: true });
  return body;
};

/** A run whose sleeping takes no time but the virtual. */
function contextOf(profile: Profile): RunContext {
  const { signal } = new AbortController();
  return {
    run: { id: "r", principal: "host", profile } as Run,
    signal,
    stopping: signal,
    step: (_, work) => work(),
    sleep: (milliseconds) => {
      time.now += milliseconds;
      return Promise.resolve();
    },
    progress: () => Promise.resolve(),
  };
}

describe("the looks of a backtest at its cloud", () => {
  beforeAll(() => new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve)));
  afterAll(() => void service.close());
  beforeEach(() => {
    asked.clear();
    time.now = 0;
  });
  const gaps = async (profile: Profile): Promise<number[]> => {
    const input = { projectId: 7, strategyId: null, name: "n", parameters: {} };
    await backtestRun(call).execute(contextOf(profile), input);
    // Waiting is over with the last look but one; what follows reads the result.
    return ["/compile/read", "/backtests/read"].flatMap((path) => {
      const times = asked.get(path) ?? [];
      return times.slice(1, path === "/backtests/read" ? -1 : undefined).map((at, index) => at - (times[index] ?? 0));
    });
  };

  it("are never less than 2 s apart on QuantConnect, while it compiles, runs or refuses to answer", async () => {
    const all = await gaps("quantconnect");
    expect(all.length).toBeGreaterThan(14);
    expect(Math.min(...all)).toBe(2000);
    expect(asked.get("/compile/read")?.[0]).toBeGreaterThanOrEqual(2000);
  });

  it("are quick at first on the local cloud, which is ours", async () => {
    expect(Math.min(...(await gaps("local")))).toBe(200);
  });
});
