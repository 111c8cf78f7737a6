import { z } from "zod";
import type { AuditEntry } from "../../src/domain/audit-record.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import type { Profile } from "../../src/domain/profile.ts";
import type { AgentRole } from "../../src/gateway/authorise.ts";
import { DeploymentLookup } from "../../src/gateway/deployment-lookup.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { LedgerCommit } from "../../src/gateway/ledger-port.ts";
import { Registry } from "../../src/gateway/registry.ts";
import type { Skill } from "../../src/gateway/skill.ts";
import { TrialRecorder } from "../../src/gateway/trial-recorder.ts";
import type {
  ToolResult,
  UpstreamCall,
  UpstreamOutcome,
  Upstreams,
  UpstreamTool,
} from "../../src/gateway/upstream-port.ts";
import { SecretMask } from "../../src/clients/secret-mask.ts";
import { Artifacts } from "../../src/store/artifacts.ts";
import { openAuditHead } from "../../src/store/audit-head.ts";
import { Ledger } from "../../src/store/desk/ledger.ts";
import { createPinStore } from "../../src/store/desk/pin-store.ts";
import { StrategyStore } from "../../src/store/desk/strategy-store.ts";
import { TrackedOptimizationStore } from "../../src/store/desk/tracked-optimization-store.ts";
import { TrialStore } from "../../src/store/desk/trial-store.ts";
import { ALL_TOOLS } from "../../vendor/quantconnect-mcp/src/tools/all-tools.ts";
import { deskDatabase, testPlace } from "../store/support/databases.ts";

export const SECRET = "planted-secret-77aa";

/** The tools of the vendored server as it lists them. */
export const VENDORED_TOOLS: readonly UpstreamTool[] = ALL_TOOLS.map((tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: z.toJSONSchema(tool.input, { io: "input", unrepresentable: "any" }),
  annotations: { ...tool.effects },
}));

/** An answered call whose structured content is the body. */
export function answered(body: Readonly<Record<string, unknown>>): UpstreamOutcome {
  const content = [{ type: "text", text: JSON.stringify(body) }];
  return { kind: "answered", result: { content, structuredContent: body } };
}

type Answer = UpstreamOutcome | ((call: UpstreamCall) => UpstreamOutcome | Promise<UpstreamOutcome>);

/** An upstream that answers from a table and writes down what it was asked, in one order with the ledger's commits. */
export class ScriptedUpstreams implements Upstreams {
  readonly calls: UpstreamCall[] = [];
  readonly answers = new Map<string, Answer>();
  readonly resources = new Map<string, string>();
  listed = VENDORED_TOOLS;
  readonly events: string[];

  constructor(events: string[]) {
    this.events = events;
  }

  tools(): Promise<readonly UpstreamTool[]> {
    return Promise.resolve(this.listed);
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    this.calls.push(call);
    this.events.push(`call ${call.tool}`);
    const answer = this.answers.get(call.tool) ?? answered({ success: true });
    return typeof answer === "function" ? answer(call) : answer;
  }

  readResource(_: string, uri: string): Promise<string> {
    const text = this.resources.get(uri);
    return text === undefined ? Promise.reject(new Error("Connection closed")) : Promise.resolve(text);
  }

  status(): [] {
    return [];
  }

  restart(): Promise<boolean> {
    return Promise.resolve(true);
  }

  onToolsChanged(): () => void {
    return () => undefined;
  }
}

export interface GatewayUnderTest extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly upstreams: ScriptedUpstreams;
  readonly ledger: Ledger;
  readonly trials: TrialStore;
  readonly optimizations: TrackedOptimizationStore;
  readonly recorder: TrialRecorder;
  readonly artifacts: Artifacts;
  readonly strategies: StrategyStore;
  /** Commits and upstream calls in the order in which they ended and began. */
  readonly events: string[];
  readonly logged: string[];
  readonly clock: { time: number };
  /** Makes the next commits fail as a full disk does. */
  breakLedger(when: (entry: AuditEntry) => boolean): void;
  audit(): Promise<string[]>;
}

/** A gateway over a real ledger and store, with scripted upstreams. */
export async function gatewayUnderTest(
  options: {
    readonly skills?: readonly Skill[];
    readonly roles?: readonly AgentRole[];
    readonly profile?: Profile;
    /** A real upstream in the place of the scripted one. */
    readonly upstreams?: Upstreams;
  } = {},
): Promise<GatewayUnderTest> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await testPlace("sqlite"));
  const { database } = stack.use(await deskDatabase(place));
  const clock = { time: 1_700_000_000_000_000, now: (): number => clock.time };
  const headFile = openAuditHead(`${place.folder}/head.json`);
  const ledger = await Ledger.open({ database, clock, key: "key", headFile });
  const events: string[] = [];
  const logged: string[] = [];
  const upstreams = new ScriptedUpstreams(events);
  const registry = new Registry({
    skills: options.skills ?? [],
    sources: [{ upstream: "quantconnect", prefix: "qc_", build: "1" }],
    pins: createPinStore(database, clock),
  });
  const real = options.upstreams ?? upstreams;
  await registry.refresh(real, "quantconnect");
  const artifacts = new Artifacts(`${place.folder}/artifacts`);
  const trials = new TrialStore(database);
  const optimizations = new TrackedOptimizationStore(database);
  const strategies = new StrategyStore(database);
  const mask = new SecretMask();
  mask.add(SECRET);
  let id = 0;
  const newId = (): string => `id${(id += 1)}`;
  const profile = options.profile ?? "local";
  const late: { gateway?: Gateway } = {};
  const read = (tool: string, args: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> => {
    if (late.gateway === undefined) throw new Error("not assembled");
    return late.gateway.inner({ principal: "desk", upstream: "quantconnect", tool, arguments: args });
  };
  const recorder = new TrialRecorder({
    book: trials,
    optimizations,
    artifacts,
    clock,
    newId,
    profile,
    strategyOf: async (projectId) => (await strategies.byProject(profile, projectId))?.id,
    read,
  });
  let broken: (entry: AuditEntry) => boolean = () => false;
  const gateway = new Gateway({
    registry,
    upstreams: real,
    ledger: {
      commit: async (write: LedgerCommit) => {
        if (broken(write.entry)) throw new RefusalError({ code: "AUDIT_UNAVAILABLE", message: "disk full" });
        const record = await ledger.commit(write);
        events.push(`${write.entry.kind} ${write.entry.tool}`);
        return record;
      },
    },
    trials: recorder,
    roles: options.roles ?? [],
    deployments:
      profile === "local" ? undefined : new DeploymentLookup(() => read("list_live_algorithms", {}), 30_000_000),
    artifacts,
    clock,
    newId,
    profile,
    mask: (text) => mask.apply(text),
    deadlineMilliseconds: 5000,
    log: (message) => logged.push(message),
  });
  late.gateway = gateway;
  return {
    gateway,
    registry,
    upstreams,
    ledger,
    trials,
    optimizations,
    recorder,
    artifacts,
    strategies,
    events,
    logged,
    clock,
    breakLedger: (when) => (broken = when),
    audit: async () => (await ledger.tail(1000)).map(({ kind, tool, result }) => [kind, tool, result].join(" ").trim()),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A skill of Strategy Lab that does what a test says. */
export function testSkill(name: string, answer: Skill["answer"], more: { readonly trading?: boolean } = {}): Skill {
  const input = z.object({ count: z.int().min(1).default(1), token: z.string().optional() });
  const texts = { name, title: name, description: name };
  return { ...texts, owner: "strategy-lab", class: "read", input, output: z.looseObject({}), ...more, answer };
}

/** The texts of a tool result. */
export function textOf(result: ToolResult): string {
  return result.content.map((block) => (typeof block["text"] === "string" ? block["text"] : "")).join("\n");
}
