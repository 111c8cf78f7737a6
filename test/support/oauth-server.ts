import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseJson } from "../../src/domain/parse-json.ts";

/**
 * An authorization server of OAuth 2.1 and an MCP server that wants its tokens, over real HTTP. What a client does
 * against the rules is refused and kept in `faults`.
 */
export interface OAuthServer extends AsyncDisposable {
  readonly url: string;
  readonly faults: readonly string[];
  /** Every token that was given out. */
  readonly tokens: readonly string[];
  readonly registrations: number;
  readonly refreshes: number;
  /** What a browser does when the user agrees: it goes to the address, and follows where it is sent. */
  agree(address: string, change?: (answer: URL) => void): Promise<Response>;
  /** Takes no access token any more that was given out so far. */
  expire(): void;
  /** Not even to renew one. */
  revoke(): void;
}

interface Grant {
  readonly challenge: string;
  readonly redirect: string;
  readonly client: string;
}

export async function startOAuthServer(): Promise<OAuthServer> {
  const faults: string[] = [];
  const tokens: string[] = [];
  const clients = new Map<string, readonly string[]>();
  const codes = new Map<string, Grant>();
  const access = new Set<string>();
  const refresh = new Set<string>();
  const counted = { registrations: 0, refreshes: 0 };
  let origin = "";

  const json = (response: ServerResponse, status: number, value: unknown): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  const fault = (response: ServerResponse, what: string): void => {
    faults.push(what);
    json(response, 400, { error: "invalid_request", error_description: what });
  };
  const issue = (response: ServerResponse): void => {
    const pair = { access_token: randomBytes(24).toString("hex"), refresh_token: randomBytes(24).toString("hex") };
    access.add(pair.access_token);
    refresh.add(pair.refresh_token);
    tokens.push(pair.access_token, pair.refresh_token);
    json(response, 200, { ...pair, token_type: "Bearer", expires_in: 3600 });
  };

  function authorize(response: ServerResponse, query: URLSearchParams): void {
    const client = query.get("client_id") ?? "";
    const redirect = query.get("redirect_uri") ?? "";
    if (!(clients.get(client) ?? []).includes(redirect)) return fault(response, "a redirect that was not registered");
    if (query.get("code_challenge_method") !== "S256") return fault(response, "no PKCE");
    if ((query.get("state") ?? "").length < 16) return fault(response, "no state");
    if (query.get("resource") !== `${origin}/mcp`) return fault(response, `resource ${String(query.get("resource"))}`);
    const code = randomBytes(16).toString("hex");
    codes.set(code, { challenge: query.get("code_challenge") ?? "", redirect, client });
    const to = new URL(redirect);
    to.searchParams.set("code", code);
    to.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(302, { location: to.href }).end();
  }

  function token(response: ServerResponse, form: URLSearchParams): void {
    if (form.get("grant_type") === "refresh_token") {
      counted.refreshes += 1;
      const given = form.get("refresh_token") ?? "";
      if (refresh.delete(given)) return issue(response);
      return json(response, 400, { error: "invalid_grant" });
    }
    const code = form.get("code") ?? "";
    const grant = codes.get(code);
    codes.delete(code);
    const verifier = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant === undefined) return fault(response, "an unknown code");
    if (grant.challenge !== verifier) return fault(response, "a verifier that does not fit");
    if (grant.redirect !== form.get("redirect_uri")) return fault(response, "another redirect");
    if (grant.client !== form.get("client_id")) return fault(response, "another client");
    return issue(response);
  }

  function mcp(request: IncomingMessage, response: ServerResponse, body: string): void {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!access.has(given)) {
      const where = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
      return void response.writeHead(401, { "www-authenticate": where }).end();
    }
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method } = parseJson(body) as { readonly id?: number; readonly method?: string };
    if (id === undefined) return void response.writeHead(202).end();
    const results: Readonly<Record<string, unknown>> = {
      initialize: {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "guarded", version: "1" },
      },
      "tools/list": { tools: [{ name: "guarded", inputSchema: { type: "object" } }] },
      // It gives away the very token that it was asked with.
      "tools/call": { content: [{ type: "text", text: `your token is ${given}` }] },
    };
    const result = results[method ?? ""];
    return json(
      response,
      200,
      result === undefined
        ? { jsonrpc: "2.0", id, error: { code: -32_601, message: "not here" } }
        : { jsonrpc: "2.0", id, result },
    );
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", origin);
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      const route = `${request.method ?? ""} ${url.pathname}`;
      if (url.pathname === "/mcp") return mcp(request, response, body);
      if (route === "GET /.well-known/oauth-protected-resource/mcp")
        return json(response, 200, { resource: `${origin}/mcp`, authorization_servers: [origin] });
      if (route === "GET /.well-known/oauth-authorization-server")
        return json(response, 200, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          response_types_supported: ["code"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
        });
      if (route === "POST /register") {
        counted.registrations += 1;
        const asked = parseJson(body) as { readonly redirect_uris: readonly string[] };
        const client = randomBytes(8).toString("hex");
        clients.set(client, asked.redirect_uris);
        return json(response, 201, { ...asked, client_id: client });
      }
      if (route === "GET /authorize") return authorize(response, url.searchParams);
      if (route === "POST /token") return token(response, new URLSearchParams(body));
      if (!url.pathname.startsWith("/.well-known/")) faults.push(`an unexpected ${route}`);
      return void response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/mcp`,
    faults,
    tokens,
    get registrations() {
      return counted.registrations;
    },
    get refreshes() {
      return counted.refreshes;
    },
    async agree(address, change) {
      const sent = await fetch(address, { redirect: "manual" });
      const to = new URL(sent.headers.get("location") ?? "about:blank");
      change?.(to);
      return fetch(to);
    },
    expire: () => access.clear(),
    revoke: () => {
      access.clear();
      refresh.clear();
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
