import { describe, expect, it } from "vitest";
import { serviceLimits, startQueue } from "../../src/app/service-limits.ts";
import { ownServer } from "../../src/app/upstream-server.ts";
import { SecretMask } from "../../src/clients/secret-mask.ts";
import { readConfig, type Config } from "../../src/config.ts";
import { LEAST_POLL_MILLISECONDS, pollWait } from "../../src/domain/poll-interval.ts";
import type { Profile } from "../../src/domain/profile.ts";
import type { StartEnd } from "../../src/gateway/organisation/start-queue.ts";
import type { Vault } from "../../src/store/vault/vault.ts";
import { answered } from "../gateway/support.ts";

const configOf = (profile: Profile): Config =>
  readConfig({
    environment: { QUANTWRIGHT_HOME: "/nowhere/of/this/test" },
    flags: { profile },
    cwd: "/",
    isTerminal: false,
  });

describe("how carefully QuantConnect's service is used", () => {
  it("is shipped as data, and asks an account for a node no faster than every 2 s", () => {
    const { startPace, callsPerSecond } = serviceLimits(configOf("quantconnect"));
    expect(callsPerSecond).toBe(10);
    expect(startPace.quantconnect.firstMilliseconds).toBeGreaterThanOrEqual(LEAST_POLL_MILLISECONDS.quantconnect);
    expect([pollWait("quantconnect", 200), pollWait("local", 200), pollWait("quantconnect", 5000)]).toEqual([
      2000, 200, 5000,
    ]);
  });

  it.each([
    ["quantconnect", "10"],
    ["local", "0"],
  ] as const)(
    "tells the vendored server on profile %s: %s calls a second, 0 for no limit",
    async (profile, expected) => {
      const account = { userId: "7", token: "planted-token-of-the-account", baseUrl: undefined };
      const vault = { get: () => Promise.resolve(undefined) } as unknown as Vault;
      // A demo takes the vendored one without reading the user's choice.
      const parts = { account, vault, mask: new SecretMask(), demo: true };
      const { server } = await ownServer(configOf(profile), parts);
      expect(server).toMatchObject({ env: { QUANTCONNECT_CALLS_PER_SECOND: expected } });
    },
  );

  it("looks the organisation of a project up once, and not for other upstreams or where it is not told", async () => {
    const looked: unknown[] = [];
    const queue = startQueue(configOf("local"), (tool, args) => {
      looked.push([tool, args["projectId"]]);
      const project = { projectId: args["projectId"], organizationId: "o" };
      return args["projectId"] === 8 ? Promise.reject(new Error("no")) : Promise.resolve({ projects: [project] });
    });
    const errors = ["There are no spare nodes available in your cluster."];
    const start = (upstream: string, projectId: number): Promise<StartEnd> => {
      const abort = new AbortController();
      return queue.run({
        upstream,
        tool: "create_backtest",
        callId: "c",
        projectId,
        ofRun: true,
        signals: [abort.signal],
        send: () => Promise.resolve(answered({ success: false, errors })),
        forbidden: () => undefined,
        onWaiting: () => abort.abort(),
      });
    };
    for (const [upstream, projectId] of [
      ["quantconnect", 7],
      ["quantconnect", 7],
      ["other", 7],
      ["quantconnect", 8],
    ] as const)
      expect(await start(upstream, projectId)).toMatchObject({ kind: "refused", refusal: { code: "CANCELLED" } });
    expect(looked).toEqual([
      ["read_project", 7],
      ["read_project", 8],
    ]);
  });
});
