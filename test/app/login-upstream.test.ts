import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loginUpstream } from "../../src/app/login-upstream.ts";
import { writeUpstreamSettings } from "../../src/app/upstream-file.ts";
import { readConfig, type Config } from "../../src/config.ts";
import { upstreamEntrySchema } from "../../src/domain/upstream-entry.ts";
import { openFileVault } from "../../src/store/vault/file-vault.ts";
import type { Vault } from "../../src/store/vault/vault.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { startOAuthServer, type OAuthServer } from "../support/oauth-server.ts";

describe("the login to an upstream in the browser", () => {
  let stack: AsyncDisposableStack;
  let server: OAuthServer;
  let config: Config;
  let vault: Vault;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "qw-login-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    server = stack.use(await startOAuthServer());
    config = readConfig({ environment: { QUANTWRIGHT_HOME: folder }, flags: {}, cwd: folder, isTerminal: false });
    const far = upstreamEntrySchema.parse({ transport: "http", url: server.url, oauth: true });
    writeUpstreamSettings(config, { upstreams: { far }, routes: [], quantconnect: undefined });
    vault = openFileVault(join(folder, "sealed"), join(folder, "key"));
  });
  afterEach(() => stack.disposeAsync());

  function login(open: (url: string) => void, interrupted = new AbortController()): Promise<readonly string[]> {
    const ask = (): Promise<string> => Promise.reject(new Error("nothing is asked for"));
    return loginUpstream(config, vault, { name: "far", ask, open, interrupted: interrupted.signal });
  }
  const kept = (): Promise<string | undefined> => vault.get("upstream/far/oauth/session");

  it("keeps the tokens that the server gives", async () => {
    expect(await login((url) => void server.agree(url))).toEqual(["tokens"]);
    expect(await kept()).toContain(server.tokens[0]);
  });

  it("keeps nothing where the server does not agree, and does not say what it said", async () => {
    const refuse = (answer: URL): void => {
      answer.searchParams.delete("code");
      answer.searchParams.set("error", "access_denied");
    };
    expect(await refusalOf(login((url) => void server.agree(url, refuse)))).toMatchObject({
      code: "UPSTREAM_LOGIN_FAILED",
      message: "the login to far failed: the server did not agree to the login",
    });
    expect(await kept()).toBeUndefined();
  });

  it("ends when it is interrupted before anybody answered", async () => {
    const interrupted = new AbortController();
    expect(await refusalOf(login(() => interrupted.abort(), interrupted))).toMatchObject({
      code: "UPSTREAM_LOGIN_FAILED",
      message: "the login to far failed: nobody answered in time",
    });
    expect(await kept()).toBeUndefined();
  });
});
