import { readFileSync } from "node:fs";
import { z } from "zod";
import { computeRatesSchema } from "../../src/domain/compute-rates.ts";
import { limitsOf, parseLimits, type Limits } from "../../src/domain/limits.ts";
import { parseJson } from "../../src/domain/parse-json.ts";
import { policySchema } from "../../src/domain/policy.ts";
import { accepted, refused, type Outcome } from "../../src/domain/refusal.ts";
import type { Accounts, AccountView } from "../../src/gateway/accounts/account-view.ts";
import { ApprovalDesk } from "../../src/gateway/approvals/approval-desk.ts";
import type { BrokerSecrets } from "../../src/gateway/brokerage-secrets.ts";
import { ComputeDesk } from "../../src/gateway/compute/compute-desk.ts";
import { effectiveComputeBudget, type FoundComputeBudget } from "../../src/gateway/compute/effective-compute-budget.ts";
import { CompileBook } from "../../src/gateway/compile-book.ts";
import type { HaltNotice } from "../../src/gateway/halt-gate.ts";
import type { StartQueue } from "../../src/gateway/organisation/start-queue.ts";
import { effectivePolicy } from "../../src/gateway/policy/effective-policy.ts";
import { riskDesk } from "../../src/gateway/risk-desk.ts";
import { RiskBook } from "../../src/gateway/risk/risk-book.ts";
import { Taint } from "../../src/gateway/taint.ts";
import { createApprovalStore } from "../../src/store/desk/approval-store.ts";
import { createComputeStore } from "../../src/store/desk/compute-store.ts";
import { createCompileStore } from "../../src/store/desk/compile-store.ts";
import { createRiskStore } from "../../src/store/desk/risk-store.ts";
import { createTaintStore } from "../../src/store/desk/taint-store.ts";
import { newTestOperator, type TestOperator } from "./test-operator.ts";
import type { AuditEntry } from "../../src/domain/audit-record.ts";
import { RefusalError } from "../../src/domain/refusal.ts";
import type { Profile } from "../../src/domain/profile.ts";
import type { AgentRole } from "../../src/gateway/authorise.ts";
import { DeploymentLookup } from "../../src/gateway/deployment-lookup.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { LedgerCommit } from "../../src/gateway/ledger-port.ts";
import { Registry, type UpstreamSource } from "../../src/gateway/registry.ts";
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
import type { Kysely } from "kysely";
import type { AuditHeadFile } from "../../src/store/audit-head.ts";
import type { DeskTables } from "../../src/store/desk/schema.ts";
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
  readonly compute: ComputeDesk;
  readonly artifacts: Artifacts;
  readonly strategies: StrategyStore;
  /** Commits and upstream calls in the order in which they ended and began. */
  readonly events: string[];
  readonly logged: string[];
  readonly clock: { time: number };
  readonly book: RiskBook;
  readonly approvals: ApprovalDesk;
  readonly operator: TestOperator;
  /** The accounts of running deployments, by project. */
  readonly accounts: Map<number, AccountView>;
  /** Closes and opens the gate. */
  readonly halt: { notice: HaltNotice | undefined };
  /** Makes the next commits fail as a full disk does. */
  breakLedger(when: (entry: AuditEntry) => boolean): void;
  audit(): Promise<string[]>;
}

/** What a gateway stands on when it must outlive its process. */
export interface Ground {
  readonly folder: string;
  readonly database: Kysely<DeskTables>;
  readonly headFile: AuditHeadFile;
  readonly newId: () => string;
  readonly operator: TestOperator;
}

async function newGround(stack: AsyncDisposableStack): Promise<Ground> {
  const place = stack.use(await testPlace("sqlite"));
  const { database } = stack.use(await deskDatabase(place));
  const { folder } = place;
  let id = 0;
  const newId = (): string => `id${(id += 1)}`;
  const operator = newTestOperator("desk-under-test");
  return { folder, database, headFile: openAuditHead(`${folder}/head.json`), newId, operator };
}

/** A gateway over a real ledger and store, with scripted upstreams. */
export async function gatewayUnderTest(
  options: {
    readonly skills?: readonly Skill[];
    readonly roles?: readonly AgentRole[];
    readonly profile?: Profile;
    /** A real upstream in the place of the scripted one. */
    readonly upstreams?: Upstreams;
    /** Looks at what runs, as on an account, also on the local cloud. */
    readonly deployments?: true;
    readonly limits?: () => Outcome<Limits> | undefined;
    readonly brokerSecrets?: BrokerSecrets;
    /** Further upstreams. */
    readonly sources?: readonly UpstreamSource[];
    /** Further texts that must not leave. */
    readonly secrets?: readonly string[];
    readonly ground?: Ground;
    /** Where starts wait for a node. */
    readonly starts?: StartQueue;
    /** For each call of an upstream; 5 s unless told otherwise. */
    readonly deadlineMilliseconds?: number;
    /** The user's own budget of computing, as it is found. */
    readonly computeBudget?: () => FoundComputeBudget;
  } = {},
): Promise<GatewayUnderTest> {
  const stack = new AsyncDisposableStack();
  const { folder, database, headFile, newId, operator } = options.ground ?? (await newGround(stack));
  const clock = { time: 1_700_000_000_000_000, now: (): number => clock.time };
  const ledger = await Ledger.open({ database, clock, key: "key", headFile });
  const events: string[] = [];
  const logged: string[] = [];
  const upstreams = new ScriptedUpstreams(events);
  const registry = new Registry({
    skills: options.skills ?? [],
    sources: [
      { upstream: "quantconnect", prefix: "qc_", build: "1", speaks: "quantconnect" },
      ...(options.sources ?? []),
    ],
    pins: createPinStore(database, clock),
  });
  const real = options.upstreams ?? upstreams;
  await registry.refresh(real, "quantconnect");
  for (const { upstream } of options.sources ?? []) {
    // One that cannot be reached at first is listed when it can.
    await registry.refresh(real, upstream).catch((error: unknown) => logged.push(String(error)));
  }
  const artifacts = new Artifacts(`${folder}/artifacts`);
  const trials = new TrialStore(database);
  const optimizations = new TrackedOptimizationStore(database);
  const strategies = new StrategyStore(database);
  const mask = new SecretMask();
  for (const secret of [SECRET, ...(options.secrets ?? [])]) mask.add(secret);
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
    measured: (callId, took) => compute.measured(callId, took),
    isWaiting: (callId) => options.starts?.isWaiting(callId) === true,
  });
  const compute = new ComputeDesk({
    store: createComputeStore(database),
    budget: () =>
      Promise.resolve(
        effectiveComputeBudget({
          shipped: shipped("compute-budget.json"),
          found: options.computeBudget?.() ?? { kind: "absent" },
          operators: operator.state(),
          identity: { desk: operator.desk, demo: false },
        }),
      ),
    rates: computeRatesSchema.parse(shipped("compute-rates.json")),
    clock,
    profile,
  });
  const approvals = new ApprovalDesk({
    store: createApprovalStore(database),
    operators: () => Promise.resolve(operator.state()),
    identity: { desk: operator.desk, demo: false },
    clock,
    newId,
  });
  const book = await RiskBook.open({
    store: createRiskStore(database),
    clock,
    newId,
    log: (line) => logged.push(line),
  });
  const seen = new Map<number, AccountView>();
  const accounts: Accounts = {
    view: (projectId) => {
      const view = seen.get(projectId);
      return Promise.resolve(
        view === undefined
          ? refused({ code: "ACCOUNT_UNAVAILABLE", message: `nothing is known of project ${projectId}` })
          : accepted({ ...view, asOf: clock.time }),
      );
    },
  };
  const shippedLimits = parseLimits(shipped("limits.json"));
  const limits =
    options.limits ?? (() => (shippedLimits.ok ? accepted(limitsOf(shippedLimits.value, "", "paper")) : shippedLimits));
  const halt: { notice: HaltNotice | undefined } = { notice: undefined };
  const deployments = new DeploymentLookup(() => read("list_live_algorithms", {}), 30_000_000);
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
    deployments: profile === "local" && options.deployments !== true ? undefined : deployments,
    starts: options.starts,
    accounts,
    brokerSecrets: options.brokerSecrets ?? {
      fields: () => Promise.resolve(undefined),
      value: () => Promise.resolve(undefined),
    },
    compiles: new CompileBook(createCompileStore(database, clock), (projectId) => read("read_file", { projectId })),
    controls: {
      policy: () =>
        Promise.resolve(
          effectivePolicy({
            shipped: policySchema.parse(shipped("policy.json")),
            found: { kind: "absent" },
            operators: operator.state(),
            desk: operator.desk,
            demo: false,
            limitsHash: "limits",
          }),
        ),
      approvals,
      compute,
      risk: riskDesk({ book, accounts, limits: () => Promise.resolve(limits()) }),
      halt: { closed: () => halt.notice },
      taint: new Taint(createTaintStore(database, clock)),
    },
    artifacts,
    clock,
    newId,
    profile,
    mask: (text) => mask.apply(text),
    deadlineMilliseconds: options.deadlineMilliseconds ?? 5000,
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
    compute,
    artifacts,
    strategies,
    events,
    logged,
    clock,
    book,
    approvals,
    operator,
    accounts: seen,
    halt,
    breakLedger: (when) => (broken = when),
    audit: async () => (await ledger.tail(1000)).map(({ kind, tool, result }) => [kind, tool, result].join(" ").trim()),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function shipped(name: string): unknown {
  return parseJson(readFileSync(new URL(`../../config/${name}`, import.meta.url), "utf8"));
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
