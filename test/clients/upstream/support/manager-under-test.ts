import { fileURLToPath } from "node:url";
import { UpstreamManager, type UpstreamServer } from "../../../../src/clients/upstream/upstream-manager.ts";
import type { UpstreamCall, UpstreamOutcome } from "../../../../src/gateway/upstream-port.ts";

const FIXTURE = fileURLToPath(new URL("fixture-server.ts", import.meta.url));

export interface ManagerUnderTest extends AsyncDisposable {
  readonly upstreams: UpstreamManager;
  readonly logged: string[];
  /** The clock of the health checks, in milliseconds. */
  time: number;
  /** Looks whether checks are due, as the timer does, and waits for those that are. */
  look(): Promise<void>;
  call(tool: string, args?: object, more?: Partial<UpstreamCall>): Promise<UpstreamOutcome>;
}

/** A server of the tests as a child, with this in its environment. */
export function fixtureServer(
  env: Readonly<Record<string, string>> = {},
  more: Pick<UpstreamServer, "instances" | "health"> = {},
): UpstreamServer {
  return { name: "fixture", command: process.execPath, args: [FIXTURE], env, ...more };
}

/** A manager of one server whose health is looked after by hand. */
export function managerUnderTest(server: UpstreamServer): ManagerUnderTest {
  const logged: string[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  let work = nothing;
  const under: ManagerUnderTest = {
    upstreams: new UpstreamManager([server], {
      registry: { register: () => () => undefined },
      log: (line) => logged.push(line),
      random: () => 0,
      version: "1",
      now: () => under.time,
      every: (_, given) => {
        work = given;
        return { [Symbol.dispose]: () => (work = nothing) };
      },
    }),
    logged,
    time: 0,
    look: () => work(),
    call: (tool, args = {}, more = {}) =>
      under.upstreams.call({
        upstream: server.name,
        tool,
        arguments: { ...args },
        deadlineMilliseconds: 10_000,
        ...more,
      }),
    [Symbol.asyncDispose]: () => under.upstreams[Symbol.asyncDispose](),
  };
  under.upstreams.start();
  return under;
}

/** The first text of an answer. */
export function textOf(outcome: UpstreamOutcome): string {
  return outcome.kind === "lost" ? `lost: ${outcome.reason}` : String(outcome.result.content[0]?.["text"]);
}
