import type { Kysely } from "kysely";
import type { DeskToolsParts } from "../../src/agents/desk-tools.ts";
import type { StrategyLabParts } from "../../src/agents/strategy-lab-parts.ts";
import type { Skill, SkillContext } from "../../src/gateway/skill.ts";
import { Artifacts } from "../../src/store/artifacts.ts";
import type { DeskTables } from "../../src/store/desk/schema.ts";
import { StrategyStore } from "../../src/store/desk/strategy-store.ts";
import { TrialStore } from "../../src/store/desk/trial-store.ts";
import { openRuns, ScriptedCloud, type Bench } from "../runs/support.ts";
import { deskDatabase, testPlace } from "../store/support/databases.ts";

export const NOW = Date.UTC(2020, 0, 15, 18) * 1000;

type Body = Readonly<Record<string, unknown>>;

export interface LabUnderTest extends AsyncDisposable {
  readonly database: Kysely<DeskTables>;
  readonly strategies: StrategyStore;
  readonly trials: TrialStore;
  readonly artifacts: Artifacts;
  readonly cloud: ScriptedCloud;
  readonly bench: Bench;
  readonly parts: StrategyLabParts;
  readonly deskParts: DeskToolsParts;
  /** What was asked of the upstream, with its arguments. */
  readonly asked: (readonly [string, Body])[];
  readonly answers: Map<string, (args: Body) => Body>;
  ask(skill: Skill | undefined, args?: Body, more?: Partial<SkillContext>): Promise<Body>;
}

/** The parts that the agents' tools lean on: real stores and runs, a scripted cloud. */
export async function labUnderTest(): Promise<LabUnderTest> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await testPlace("sqlite"));
  const { database } = stack.use(await deskDatabase(place));
  const cloud = new ScriptedCloud();
  const bench = stack.use(await openRuns(cloud.call));
  const strategies = new StrategyStore(database);
  const trials = new TrialStore(database);
  const artifacts = new Artifacts(`${place.folder}/artifacts`);
  let id = 0;
  const asked: (readonly [string, Body])[] = [];
  const answers = new Map<string, (args: Body) => Body>();
  const context: SkillContext = {
    principal: "host",
    profile: "local",
    callId: "call",
    intentKey: "call",
    signal: new AbortController().signal,
    now: NOW,
    progress: () => undefined,
    upstream: async (tool, args) => {
      asked.push([tool, args]);
      return answers.get(tool)?.(args) ?? { success: true };
    },
  };
  return {
    database,
    strategies,
    trials,
    artifacts,
    cloud,
    bench,
    asked,
    answers,
    parts: {
      profile: "local",
      strategies,
      trials,
      runs: () => bench.runs,
      newId: () => `s${(id += 1)}`,
      templates: { "buy-and-hold": "line 1\nline 2\n", other: "x" },
      twin: { "quantwright_twin.py": "twin" },
    },
    deskParts: {
      runs: () => bench.runs,
      artifact: (hash) => artifacts.get(hash),
      upstreams: () => [{ name: "quantconnect", state: "ready", pid: 1, restarts: 2, tools: 64, lastError: null }],
      counts: () => Promise.resolve({ strategies: 1, trials: 2, openTrials: 1, auditRecords: 9 }),
      halts: () => [],
      version: "1.2.3",
      startedAt: NOW,
    },
    ask: async (skill, args = {}, more = {}) => {
      if (skill === undefined) throw new Error("there is no such skill");
      const { data } = await skill.answer(skill.input.parse(args), { ...context, ...more });
      // What the skill promises of its answer is checked with each one.
      return skill.output.loose().parse(data);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
