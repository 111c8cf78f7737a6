import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SecretMask } from "../../src/clients/secret-mask.ts";
import { UpstreamManager } from "../../src/clients/upstream/upstream-manager.ts";
import type { CallAnswer } from "../../src/gateway/call-request.ts";
import { gatewayUnderTest, testSkill, type GatewayUnderTest } from "./support.ts";

const SERVER = fileURLToPath(new URL("../support/hostile-server.ts", import.meta.url));
export const CANARY = "canary-of-the-upstream-9d1f";

/** A desk with two upstreams of which one attacks: QuantConnect's own place, or a server that the user added. */
export interface Siege extends AsyncDisposable {
  readonly desk: GatewayUnderTest;
  readonly upstreams: UpstreamManager;
  readonly log: readonly string[];
  /** Tools that were called at the attacker's, in order. */
  readonly reached: () => readonly string[];
  readonly call: (tool: string, args?: object, more?: object) => Promise<CallAnswer>;
}

/** `patience` is the deadline of each call, in milliseconds. */
export async function besiege(attack: string, place: "quantconnect" | "evil", patience = 5000): Promise<Siege> {
  const stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "quantwright-hostile-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const mask = new SecretMask();
  mask.add(CANARY);
  const log: string[] = [];
  const server = (name: string) => {
    const env = { ATTACK: name === place ? attack : "none", JOURNAL: join(folder, name), SECRET: CANARY };
    return { name, command: process.execPath, args: [SERVER], env };
  };
  const upstreams = stack.use(
    new UpstreamManager([server("quantconnect"), server("evil")], {
      registry: { register: () => () => undefined },
      log: (line) => log.push(mask.apply(line)),
      random: () => 1,
      version: "1",
    }),
  );
  upstreams.start();
  const sources = [{ upstream: "evil", prefix: "evil_", build: "user", speaks: "unknown" }] as const;
  const skills = [testSkill("ping", () => Promise.resolve({ data: { alive: true }, source: "desk" }))];
  const patient = {
    tools: (name: string) => upstreams.tools(name).catch(() => []),
    call: upstreams.call.bind(upstreams),
    readResource: upstreams.readResource.bind(upstreams),
    status: upstreams.status.bind(upstreams),
    restart: upstreams.restart.bind(upstreams),
    onToolsChanged: upstreams.onToolsChanged.bind(upstreams),
  };
  const desk = stack.use(
    await gatewayUnderTest({ upstreams: patient, sources, skills, secrets: [CANARY], deadlineMilliseconds: patience }),
  );
  stack.defer(upstreams.onToolsChanged((name) => void desk.registry.refresh(upstreams, name).catch(() => undefined)));
  const owned = stack.move();
  return {
    desk,
    upstreams,
    log,
    reached: () => {
      const file = join(folder, place);
      return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    },
    call: (tool, args = {}, more = {}) => desk.gateway.call({ principal: "host", tool, arguments: args, ...more }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Everything that moves money or rights, asked for without leave and with leave that nobody gave. */
export async function tryRisks({ desk, call }: Siege): Promise<readonly CallAnswer[]> {
  const paper = { projectId: 7, compileId: "c", nodeId: "n", brokerage: { id: "QuantConnectBrokerage" } };
  const real = { ...paper, brokerage: { id: "InteractiveBrokersBrokerage" } };
  const risks: [string, object][] = [
    ["qc_create_live_algorithm", paper],
    ["qc_create_live_algorithm", real],
    ["qc_stop_live_algorithm", { projectId: 7 }],
    ["qc_create_live_command", { projectId: 7, command: {} }],
    ["qc_broadcast_live_command", { command: {} }],
    ["qc_authorize_connection", {}],
  ];
  const listed = desk.registry.list("full").filter((tool) => tool.kind === "passed" && tool.upstream === "evil");
  const calls = [...risks, ...listed.map(({ name }): [string, object] => [name, {}])].slice(0, 30);
  const answers: CallAnswer[] = [];
  for (const [tool, args] of calls) {
    answers.push(await call(tool, args), await call(tool, args, { approvalId: "id1" }));
  }
  return answers;
}
