import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Lifelines, openLifelines } from "../../src/cloud/lifeline.ts";
import { type ServedCloud, serveCloud } from "../../src/cloud/serve-cloud.ts";

const TOKEN = "planted-lifeline-token";

describe("the lifelines of a cloud", () => {
  let now = 0;
  let live = 0;
  let lifelines: Lifelines;
  let served: ServedCloud;
  let isIdle = false;
  beforeEach(async () => {
    now = 1_700_000_000_000_000;
    live = 0;
    isIdle = false;
    const account = { userId: "1", apiToken: TOKEN, organizationId: "" };
    lifelines = openLifelines({ account, clock: { now: () => now }, pid: 77, live: () => live });
    void lifelines.idle.then(() => (isIdle = true));
    served = await serveCloud({ app: lifelines.app, port: 0, host: "127.0.0.1" });
  });
  afterEach(async () => {
    lifelines[Symbol.dispose]();
    await served.close();
  });
  const get = (path: string, init: { token?: string; signal?: AbortSignal } = {}): Promise<Response> => {
    const timestamp = String(Math.floor(now / 1_000_000));
    const hash = createHash("sha256")
      .update(`${init.token ?? TOKEN}:${timestamp}`)
      .digest("hex");
    const headers = { timestamp, authorization: `Basic ${Buffer.from(`1:${hash}`).toString("base64")}` };
    return fetch(new URL(path, served.url), { headers, ...(init.signal === undefined ? {} : { signal: init.signal }) });
  };
  /** Lets time pass, and the cloud look at it. */
  const pass = async (seconds: number): Promise<void> => {
    now += seconds * 1_000_000;
    await new Promise((resolve) => setTimeout(resolve, 600));
  };

  it("are for who knows the token only", async () => {
    for (const path of ["/quantwright/lifeline", "/quantwright/state"]) {
      const refused = await get(path, { token: "another-token" });
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain(TOKEN);
    }
    expect(await (await get("/quantwright/state")).json()).toEqual({ pid: 77, live: 0 });
  });

  it("are waited for half a minute after the start", async () => {
    await pass(29);
    expect(isIdle).toBe(false);
    await pass(2);
    expect(isIdle).toBe(true);
    expect((await get("/quantwright/lifeline")).status).toBe(503);
  });

  it("keep the cloud as long as one is held, and three seconds more", async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    await get("/quantwright/lifeline", { signal: first.signal });
    await get("/quantwright/lifeline", { signal: second.signal });
    first.abort();
    await pass(3600);
    expect(isIdle).toBe(false);
    second.abort();
    await pass(0);
    await pass(2);
    expect(isIdle).toBe(false);
    await pass(2);
    expect(isIdle).toBe(true);
  });

  it("are not needed while live deployments run", async () => {
    live = 1;
    await pass(3600);
    expect(isIdle).toBe(false);
    live = 0;
    await pass(31);
    expect(isIdle).toBe(true);
  });
});
