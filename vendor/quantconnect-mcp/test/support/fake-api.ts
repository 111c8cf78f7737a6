import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const USER_ID = "4711";
export const API_TOKEN = "planted-token-5f0c2e91";

/** One call that the fake waits for. Calls come in this order; any other call is recorded as a failure. */
export interface ExpectedCall {
  readonly path: string;
  readonly body?: unknown;
  readonly answer: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes the connection instead of an answer. */
  readonly behave?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedCall[];
  expect(...calls: readonly ExpectedCall[]): void;
  /** Everything that went wrong: unexpected calls, wrong bodies, bad authentication, calls that never came. */
  problems(): string[];
}

/** A stand-in for the API over real HTTP that knows nothing but the calls it was told of. */
export async function startFakeApi(): Promise<FakeApi> {
  const expected: ExpectedCall[] = [];
  const received: ReceivedCall[] = [];
  const wrong: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const path = request.url ?? "";
      received.push({ path, headers: request.headers, text });
      const next = expected.shift();
      wrong.push(...mismatches(request, text, next));
      if (next?.behave !== undefined) return next.behave(request, response);
      response.writeHead(next?.status ?? 200, { "content-type": "application/json", ...next?.headers });
      const answer = next === undefined ? { success: false, errors: [`unexpected call of ${path}`] } : next.answer;
      return response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // An address of a TCP server is never text.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v2`,
    received,
    expect: (...calls) => expected.push(...calls),
    problems: () => [...wrong, ...expected.map(({ path }) => `never called: ${path}`)],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function mismatches(request: IncomingMessage, text: string, expected: ExpectedCall | undefined): string[] {
  const found: string[] = [];
  if (expected === undefined) return [`unexpected call: ${request.method} ${request.url} ${text}`];
  if (request.method !== "POST") found.push(`${request.method} instead of POST`);
  if (request.url !== `/api/v2${expected.path}`) found.push(`${request.url} instead of /api/v2${expected.path}`);
  if (
    expected.body !== undefined &&
    JSON.stringify(sorted(JSON.parse(text))) !== JSON.stringify(sorted(expected.body))
  ) {
    found.push(`${expected.path}: body ${text} instead of ${JSON.stringify(expected.body)}`);
  }
  const stamp = String(request.headers["timestamp"]);
  const hash = createHash("sha256").update(`${API_TOKEN}:${stamp}`).digest("hex");
  if (request.headers.authorization !== `Basic ${Buffer.from(`${USER_ID}:${hash}`).toString("base64")}`) {
    found.push(`${request.url}: wrong authorization`);
  }
  if (Math.abs(Number(stamp) - Date.now() / 1000) > 60) found.push(`${request.url}: timestamp ${stamp} is off`);
  return found;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
