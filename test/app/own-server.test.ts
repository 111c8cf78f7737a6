import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loginUpstream } from "../../src/app/login-upstream.ts";
import { writeUpstreamSettings } from "../../src/app/upstream-file.ts";
import { ownServer, type OwnServer } from "../../src/app/upstream-server.ts";
import { entryOfKind } from "../../src/app/upstream-kinds.ts";
import { SecretMask } from "../../src/clients/secret-mask.ts";
import { readConfig, type Config } from "../../src/config.ts";
import type { Profile } from "../../src/domain/profile.ts";
import type { Vault } from "../../src/store/vault/vault.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

const account = { userId: "7771234", token: "planted-token-of-the-account", baseUrl: undefined };
const kept = new Map([["upstream/quantconnect/header/Authorization", "Bearer planted-key-of-the-host"]]);
const vault = { get: (place: string) => Promise.resolve(kept.get(place)) } as Vault;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qw-own-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const configOf = (profile: Profile): Config =>
  readConfig({
    environment: { QUANTWRIGHT_HOME: folder, PATH: "/bin" },
    flags: { profile },
    cwd: folder,
    isTerminal: false,
  });
const choose = (kind: "docker" | "hosted"): void => {
  const config = configOf("quantconnect");
  const entry = entryOfKind(config, { kind, folder: undefined, url: "https://example.com/mcp" });
  writeUpstreamSettings(config, { upstreams: {}, routes: [], quantconnect: { kind, entry } });
};
const own = (profile: Profile, demo = false, mask = new SecretMask()): Promise<OwnServer> =>
  ownServer(configOf(profile), { account, vault, mask, demo });

describe("the server behind the desk's own tools", () => {
  it("is the chosen one on profile quantconnect, with the desk's account, flat and checked", async () => {
    choose("docker");
    const { kind, server, build } = await own("quantconnect");
    expect({ kind, build }).toEqual({
      kind: "docker",
      build: expect.stringMatching(/^docker-[0-9a-f]{16}$/) as string,
    });
    expect(server).toMatchObject({
      name: "quantconnect",
      command: "docker",
      flattens: true,
      health: { everyMilliseconds: 30_000, answerWithinMilliseconds: 10_000, failures: 3 },
    });
    const { env } = server as { readonly env: Readonly<Record<string, string>> };
    expect(env).toMatchObject({ QUANTCONNECT_USER_ID: "7771234", QUANTCONNECT_API_TOKEN: account.token, PATH: "/bin" });
    expect(Object.keys(env)).not.toContain("QUANTWRIGHT_HOME");
  });

  it("gets what it wants as headers from the vault, and what that says is hidden", async () => {
    choose("hosted");
    const mask = new SecretMask();
    const { server } = await own("quantconnect", false, mask);
    if (!("headers" in server)) throw new Error("a server elsewhere was expected");
    expect(await server.headers()).toEqual({ Authorization: "Bearer planted-key-of-the-host" });
    expect(mask.apply("it said planted-key-of-the-host")).toBe("it said •••");
  });

  it("is let in by a login under the desk's own name, once one is chosen", async () => {
    const stored: string[] = [];
    const filled = { set: (place: string) => Promise.resolve(void stored.push(place)) } as unknown as Vault;
    const ask = (what: string): Promise<string> => Promise.resolve(`Bearer for-${what}`);
    const request = { name: "quantconnect", ask, open: () => undefined, interrupted: new AbortController().signal };
    const login = (): Promise<unknown> => loginUpstream(configOf("quantconnect"), filled, request);
    expect((await refusalOf(login())).code).toBe("UPSTREAM_UNKNOWN");
    choose("hosted");
    expect(await login()).toEqual(["Authorization"]);
    expect(stored).toEqual(["upstream/quantconnect/header/Authorization"]);
  });

  it("is the vendored one on profile local and in a demo, whatever was chosen", async () => {
    choose("docker");
    for (const one of [await own("local"), await own("quantconnect", true)]) {
      expect(one.kind).toBe("vendored");
      expect(one.server).not.toHaveProperty("flattens");
    }
  });

  it("is not guessed on profile quantconnect where the settings cannot be read", async () => {
    writeFileSync(join(folder, "upstreams.json"), "{");
    expect((await refusalOf(own("quantconnect"))).code).toBe("UPSTREAMS_UNREADABLE");
    expect((await own("local")).kind).toBe("vendored");
  });
});
