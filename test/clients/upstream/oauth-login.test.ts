import { auth } from "@modelcontextprotocol/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listenForLogin } from "../../../src/clients/upstream/loopback-listener.ts";
import { OAuthLogin, type TokenPlace } from "../../../src/clients/upstream/oauth-login.ts";
import { UpstreamManager } from "../../../src/clients/upstream/upstream-manager.ts";
import type { UpstreamOutcome } from "../../../src/gateway/upstream-port.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";
import { startOAuthServer, type OAuthServer } from "../../support/oauth-server.ts";

const STATE = "a-state-that-nobody-guesses";
const LOGIN_REQUIRED = { code: "UPSTREAM_LOGIN_REQUIRED", remedy: "quantwright login upstream guarded" };

describe("a login to an upstream", () => {
  let stack: AsyncDisposableStack;
  let server: OAuthServer;
  let kept: string | undefined;
  const place: TokenPlace = {
    name: "guarded",
    load: () => Promise.resolve(kept),
    save: (text) => Promise.resolve(void (kept = text)),
  };
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    server = stack.use(await startOAuthServer());
    kept = undefined;
  });
  afterEach(() => stack.disposeAsync());

  async function login(change?: (answer: URL) => void): Promise<Response> {
    const listener = stack.use(await listenForLogin(STATE));
    const { promise: opened, resolve: open } = Promise.withResolvers<URL>();
    const talk = { redirectUrl: listener.url, state: STATE, open };
    const provider = new OAuthLogin(place, talk);
    expect(await auth(provider, { serverUrl: server.url })).toBe("REDIRECT");
    const page = await server.agree((await opened).href, change);
    if (!page.ok) return page;
    const code = (await listener.answer).get("code") ?? "";
    expect(await auth(provider, { serverUrl: server.url, authorizationCode: code })).toBe("AUTHORIZED");
    return page;
  }

  function connect(): UpstreamManager {
    const remote = { name: "guarded", url: server.url, transport: "http", identity: "1" } as const;
    const upstreams = stack.use(
      new UpstreamManager([{ ...remote, headers: () => Promise.resolve({}), login: new OAuthLogin(place) }], {
        registry: { register: () => () => undefined },
        log: () => undefined,
        random: () => 1,
        version: "1",
      }),
    );
    upstreams.start();
    return upstreams;
  }
  const call = (upstreams: UpstreamManager): Promise<UpstreamOutcome> =>
    upstreams.call({ upstream: "guarded", tool: "guarded", arguments: {}, deadlineMilliseconds: 5000 });

  it("with PKCE and a state lets the desk in, and keeps the server's rules", async () => {
    expect((await login()).status).toBe(200);
    const upstreams = connect();
    expect(await call(upstreams)).toMatchObject({ kind: "answered" });
    expect(server.faults).toEqual([]);
    expect(server.registrations).toBe(1);
  });

  it("takes no answer with another state, and stores nothing then", async () => {
    const page = await login((answer) => answer.searchParams.set("state", "of-somebody-else"));
    expect(page.status).toBe(400);
    expect(await page.text()).toMatch(/not the login that was begun/);
    expect(kept).toBeUndefined();
  });

  it("is renewed when its token expires, and the call that found out is made once", async () => {
    await login();
    const upstreams = connect();
    await call(upstreams);
    const before = kept;
    server.expire();
    expect(await call(upstreams)).toMatchObject({ kind: "answered" });
    expect(server.refreshes).toBe(1);
    expect(kept).not.toBe(before);
    expect(server.faults).toEqual([]);
  });

  it("is asked for again when it cannot be renewed; the call was not sent, and nothing is registered anew", async () => {
    await login();
    const upstreams = connect();
    await call(upstreams);
    server.revoke();
    const outcome = await call(upstreams);
    expect(outcome).toMatchObject({ kind: "lost", sent: false });
    expect(outcome.kind === "lost" ? outcome.reason : "").toMatch(/wants a login/);
    expect(await refusalOf(auth(new OAuthLogin(place), { serverUrl: server.url }))).toMatchObject(LOGIN_REQUIRED);
    expect(server.registrations).toBe(1);
  });

  it("is asked for where there never was one", async () => {
    const outcome = await call(connect());
    expect(outcome).toMatchObject({ kind: "lost", sent: false });
    expect(await refusalOf(auth(new OAuthLogin(place), { serverUrl: server.url }))).toMatchObject(LOGIN_REQUIRED);
    expect(server.registrations).toBe(0);
    expect(server.faults).toEqual([]);
  });
});
