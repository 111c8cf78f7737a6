import { randomBytes } from "node:crypto";
import { auth } from "@modelcontextprotocol/client";
import { listenForLogin } from "../clients/upstream/loopback-listener.ts";
import { OAuthLogin, type TokenPlace } from "../clients/upstream/oauth-login.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { secretsOf, upstreamSecret, type UpstreamEntry } from "../domain/upstream-entry.ts";
import { OWN_UPSTREAM } from "../gateway/tool.ts";
import type { Vault } from "../store/vault/vault.ts";
import { readUpstreamSettings } from "./upstream-file.ts";

const LOGIN_MILLISECONDS = 5 * 60_000;

/** Where an upstream's tokens lie in the vault; what is read or written is hidden from then on. */
export function tokenPlace(name: string, vault: Vault, hide: (text: string) => void): TokenPlace {
  const place = upstreamSecret(name, "oauth", "session");
  const hidden = (text: string | undefined): string | undefined => {
    for (const [, token = ""] of text?.matchAll(/"(?:access_token|refresh_token|client_secret)":"([^"]+)"/g) ?? [])
      hide(token);
    return text;
  };
  return {
    name,
    load: async () => hidden(await vault.get(place)),
    save: (text) => vault.set(place, hidden(text) ?? text),
  };
}

/** The entry of an upstream. @throws RefusalError `UPSTREAM_UNKNOWN` */
export function upstreamEntry(config: Config, name: string): UpstreamEntry {
  const { upstreams: entries, quantconnect } = readUpstreamSettings(config);
  // The server in place of the vendored one has its name.
  const entry = name === OWN_UPSTREAM ? quantconnect?.entry : Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return entry;
  throw new RefusalError({
    code: "UPSTREAM_UNKNOWN",
    message: `there is no upstream "${name}" of yours; known: ${Object.keys(entries).join(", ") || "none"}`,
    remedy: "add it with `quantwright upstream add`",
  });
}

/**
 * Gives an upstream what it needs to let us in: each secret that its entry names is asked for and stored, and tokens are
 * got with a login in the browser.
 */
export async function loginUpstream(
  config: Config,
  vault: Vault,
  request: {
    readonly name: string;
    readonly ask: (what: string) => Promise<string>;
    readonly open: (url: string) => void;
    readonly interrupted: AbortSignal;
  },
): Promise<readonly string[]> {
  const { name, ask } = request;
  const entry = upstreamEntry(config, name);
  const stored: string[] = [];
  for (const { what, place } of secretsOf(name, entry)) {
    const value = (await ask(what)).trim();
    if (value === "" || /[\r\n]/.test(value)) {
      throw new RefusalError({
        code: "CREDENTIALS_INVALID",
        message: `a value for ${what} was expected on one line, none came`,
        remedy: "give one line for each",
      });
    }
    await vault.set(place, value);
    stored.push(what);
  }
  if (entry.transport === "stdio" || !entry.oauth) return stored;
  await browserLogin(entry.url, vault, request);
  return [...stored, "tokens"];
}

async function browserLogin(
  serverUrl: string,
  vault: Vault,
  { name, open, interrupted }: Parameters<typeof loginUpstream>[2],
): Promise<void> {
  const state = randomBytes(24).toString("base64url");
  await using listener = await listenForLogin(state);
  const place = tokenPlace(name, vault, () => undefined);
  const login = new OAuthLogin(place, { redirectUrl: listener.url, state, open: (url) => open(url.href) });
  try {
    if ((await auth(login, { serverUrl })) === "AUTHORIZED") return;
    const answer = await before(
      listener.answer,
      AbortSignal.any([interrupted, AbortSignal.timeout(LOGIN_MILLISECONDS)]),
    );
    const code = answer.get("code");
    // The server's own words are not shown: they came through the browser.
    if (code === null) throw new Error("the server did not agree to the login");
    const iss = answer.get("iss");
    await auth(login, { serverUrl, authorizationCode: code, ...(iss === null ? {} : { iss }) });
  } catch (error) {
    if (error instanceof RefusalError) throw error;
    throw new RefusalError(
      {
        code: "UPSTREAM_LOGIN_FAILED",
        message: `the login to ${name} failed: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "try again; the address of the server is in `quantwright upstream list`",
      },
      { cause: error },
    );
  }
}

function before<Value>(wanted: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(new Error("nobody answered in time"));
    if (signal.aborted) return over();
    signal.addEventListener("abort", over, { once: true });
    wanted.then(resolve, reject);
    return undefined;
  });
}
