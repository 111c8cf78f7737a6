import { HttpChannel } from "../clients/relay/http-channel.ts";
import type { Config } from "../config.ts";
import type { JsonObject, RpcRequest } from "../domain/json-rpc.ts";
import { RefusalError } from "../domain/refusal.ts";
import { serverUrlSchema } from "../domain/upstream-entry.ts";
import type { ForwardOutcome, OpenUpstream, RawAnswer, ToolGate } from "../server/relay/relay-ports.ts";
import { serveStdioRelay } from "../server/relay/serve-stdio.ts";
import type { Vault } from "../store/vault/vault.ts";

const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;
/** A desk begins to answer in a quarter of a second, with a stream where the answer itself takes longer. */
const BEGIN_MILLISECONDS = 5000;
const LATEST_SESSIONS = "2025-11-25";
const SESSIONS = new Set(["2024-11-05", "2025-03-26", "2025-06-18", LATEST_SESSIONS]);

/**
 * Serves the client at the other end of this process's standard streams from a desk on another machine, until the client
 * goes. While that desk cannot be reached, calls answer so at once, and the client is kept: it is served again as soon as
 * the desk is back.
 * @throws RefusalError `USAGE` for an address that a key must not be sent to.
 */
export async function serveRemote(
  config: Config,
  request: { readonly url: string; readonly vault: Vault; readonly interrupted: AbortSignal },
): Promise<void> {
  const { vault, interrupted } = request;
  const url = remoteDeskUrl(request.url);
  const { host } = new URL(url);
  const log = (message: string): void => void process.stderr.write(`serve: ${message}\n`);
  const key = (): Promise<string | undefined> => vault.get(keyPlace(url));
  const open: OpenUpstream = (events) =>
    new HttpChannel(
      { url, maxAnswerBytes: MOST_MESSAGE_BYTES, log, key, beginWithin: BEGIN_MILLISECONDS },
      { ...events, onFailed: (failed) => events.onFailed(advised(failed, url)) },
    );
  await serveStdioRelay({
    input: process.stdin,
    output: process.stdout,
    open,
    gate: remoteGate(host),
    standIn: (handshake) => standIn(handshake, config.version),
    maxRequestBytes: MOST_MESSAGE_BYTES,
    now: () => performance.now(),
    log,
    stop: interrupted,
  });
}

/** Keeps the key of a desk on another machine. @throws RefusalError `USAGE`, `CREDENTIALS_INVALID` */
export async function loginRemoteDesk(
  vault: Vault,
  request: { readonly url: string; readonly key: string },
): Promise<void> {
  const url = remoteDeskUrl(request.url);
  const key = request.key.trim();
  if (!/^[\x21-\x7e]{16,512}$/.test(key)) {
    throw new RefusalError({
      code: "CREDENTIALS_INVALID",
      message: "a key of at least 16 characters on one line was expected",
      remedy: "make one on the desk's machine with `quantwright keys add NAME`",
    });
  }
  await vault.set(keyPlace(url), key);
}

/** The address as it is kept: https, or http on this machine. */
function remoteDeskUrl(text: string): string {
  const url = serverUrlSchema.safeParse(text);
  if (url.success) return new URL(url.data).href;
  throw new RefusalError({
    code: "USAGE",
    message: `a desk's address is an https address (http only on this machine) without user and password`,
    remedy: "such as https://desk.example.com/mcp",
  });
}

function keyPlace(url: string): string {
  return `desk/key/${url}`;
}

type Failed = Parameters<Parameters<OpenUpstream>[0]["onFailed"]>[0];

function advised(failed: Failed, url: string): Failed {
  if (!failed.reason.endsWith("(HTTP 401)")) return failed;
  return { ...failed, reason: `${failed.reason}: store one of its keys with \`quantwright login desk ${url}\`` };
}

/** Passes everything; a desk that cannot be reached is an error of the tool, which a model reads. */
function remoteGate(host: string): ToolGate {
  return {
    listed: (tools) => tools,
    call: async (request) => answerOf(await request.forward(request.arguments), { host, tool: request.name }),
  };
}

function answerOf(outcome: ForwardOutcome, call: { readonly host: string; readonly tool: string }): RawAnswer {
  if (outcome.kind === "answer") return outcome;
  const reason = outcome.kind === "cancelled" ? "the call was cancelled" : outcome.reason;
  const text =
    outcome.kind === "lost" && !outcome.sent
      ? `The desk at ${call.host} cannot be reached, so the call was not made: ${reason}. It is looked for; call again later.`
      : `The desk at ${call.host} was lost during ${call.tool}: ${reason}. If the call could change something, look up what happened before you call again.`;
  return { result: { content: [{ type: "text", text }], isError: true } };
}

/** What a client is told in the place of a desk that is not there yet. Its tools are listed once it is. */
function standIn({ params }: RpcRequest, version: string): JsonObject {
  const asked = params?.["protocolVersion"];
  return {
    protocolVersion: typeof asked === "string" && SESSIONS.has(asked) ? asked : LATEST_SESSIONS,
    capabilities: { tools: { listChanged: true }, resources: {} },
    serverInfo: { name: "quantwright", title: "Quantwright", version },
  };
}
