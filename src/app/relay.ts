import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { CliSession } from "../cli/cli-services.ts";
import { startGuardian, type Guardian } from "../clients/guardian/guardian.ts";
import { openChildChannel } from "../clients/relay/child-channel.ts";
import { HttpChannel } from "../clients/relay/http-channel.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { isLoopback } from "../server/http/http-guards.ts";
import { McpDoor } from "../server/http/mcp-door.ts";
import { serveHttp } from "../server/http/serve-http.ts";
import { RelayBackend } from "../server/relay/relay-backend.ts";
import type { OpenUpstream } from "../server/relay/relay-ports.ts";
import { openRelayGate } from "./open-relay-gate.ts";
import { plainEnvironment } from "./plain-environment.ts";
import { serveStdioRelay } from "../server/relay/serve-stdio.ts";

type RelayRequest = Parameters<CliSession["relay"]>[0];

const MEBIBYTE = 1024 * 1024;
const MOST_MESSAGE_BYTES = 16 * MEBIBYTE;
/** Puts the gateway in front of one server, until the client goes or the process is interrupted. */
export async function runRelay(
  config: Config,
  request: RelayRequest,
  { cwd, interrupted }: { readonly cwd: string; readonly interrupted: AbortSignal },
): Promise<void> {
  const open = gateOptions(request, cwd);
  await using guardian = startGuardian({ nodePath: config.nodePath, log: request.log });
  await using opened = await openRelayGate(config, open);
  const { gate } = opened;
  const shared = {
    open: upstreamOf(config, request, guardian),
    gate,
    maxRequestBytes: MOST_MESSAGE_BYTES,
    now: () => performance.now(),
    log: (message: string) => request.log(`relay: ${message}`),
  };
  if (request.http === undefined) {
    await serveStdioRelay({ ...shared, input: process.stdin, output: process.stdout, stop: interrupted });
    return;
  }
  const { port, host, keyFile } = request.http;
  const key = keyFile === undefined ? undefined : keyIn(resolve(cwd, keyFile));
  if (key === undefined && !isLoopback(host)) {
    throw new RefusalError({
      code: "USAGE",
      message: `other machines can reach ${host}: a key is needed`,
      remedy: "add --key-file FILE with the bearer key that clients must send",
    });
  }
  const door = new McpDoor({ ...shared, backend: new RelayBackend(shared), host, key, newId: randomUUID });
  await using served = await serveHttp(door, { port, host });
  request.onReady(served.url);
  await untilAborted(interrupted);
}

function keyIn(file: string): string {
  let key = "";
  try {
    key = readFileSync(file, "utf8").trim();
  } catch {
    // Said below, like a key that is too short.
  }
  if (key.length >= 16) return key;
  throw new RefusalError({
    code: "USAGE",
    message: `${file} holds no key: at least 16 characters were expected, ${key.length} came`,
    remedy: "write a random text into it, readable by you alone",
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}

/** What stands between clients and tools, and what its records are kept under. */
function gateOptions(
  { allowAll, policy, command, url, log }: RelayRequest,
  cwd: string,
): Parameters<typeof openRelayGate>[1] {
  if (allowAll && policy !== undefined) {
    throw new RefusalError({
      code: "USAGE",
      message: "--policy and --allow-all exclude each other",
      remedy: "give one of them",
    });
  }
  return {
    upstream: url === undefined ? basename(command[0] ?? "server") : new URL(url).host,
    identity: JSON.stringify(url ?? command),
    policyFile: policy === undefined ? undefined : resolve(cwd, policy),
    allowAll,
    log: (message) => log(`relay: ${message}`),
  };
}

function upstreamOf(config: Config, request: RelayRequest, guardian: Guardian): OpenUpstream {
  const [program, ...args] = request.command;
  const { url = "", log } = request;
  if ((program === undefined) === (request.url === undefined)) {
    throw new RefusalError({
      code: "USAGE",
      message: "one server was expected: a command after -- or --url",
      remedy: "quantwright relay --allow-all -- COMMAND ARGUMENTS",
    });
  }
  if (program === undefined)
    return (events) => new HttpChannel({ url, maxAnswerBytes: MOST_MESSAGE_BYTES, log }, events);
  const env = plainEnvironment(config.childEnvironment, request.variables);
  const server = { name: basename(program), command: program, args, env };
  return (events) => openChildChannel({ server, registry: guardian, maxAnswerBytes: MOST_MESSAGE_BYTES, log }, events);
}
