import { ALL_ENDPOINTS } from "../../src/cloud/resources/all-endpoints.ts";
import { type Answer, type CloudUnderTest, ORGANIZATION_ID } from "../../test/cloud/support/cloud-under-test.ts";

/** Ids that exist, by the name of the field that takes them. They may be changed and deleted by what is sent. */
export interface FuzzWorld {
  readonly values: ReadonlyMap<string, readonly unknown[]>;
}

const VICTIMS = 4;
const PATCH = "--- a/main.py\n+++ b/main.py\n@@ -1 +1 @@\n-pass\n+wait\n";

/** Makes projects with compiles, backtests, an optimisation and objects, for the requests to play with. */
export async function makeWorld(cloud: CloudUnderTest): Promise<FuzzWorld> {
  const ids = { projectId: [] as number[], compileId: [] as string[], backtestId: [] as string[] };
  for (let victim = 0; victim < VICTIMS; victim += 1) {
    const projectId = await cloud.project(victim === 0 ? "wait" : "pass");
    ids.projectId.push(projectId);
    ids.compileId.push(await cloud.compile(projectId));
    ids.backtestId.push(await cloud.backtest(projectId));
  }
  const [projectId] = ids.projectId;
  const [compileId] = ids.compileId;
  const search = await cloud.call("/optimizations/create", { ...SEARCH, projectId, compileId });
  for (const key of ["folder/object", "object"]) {
    await cloud.call("/object/set", { organizationId: ORGANIZATION_ID, key, objectData: "text" });
  }
  const known: Readonly<Record<string, readonly unknown[]>> = {
    ...ids,
    libraryId: ids.projectId,
    optimizationId: idsIn(search, "optimizations", "optimizationId"),
    organizationId: [ORGANIZATION_ID],
    key: ["object", "folder/object", "folder", "new/object"],
    keys: [["object"], ["folder"], ["nothing"]],
    path: ["/", "folder"],
    name: ["main.py", "Strategy Equity", "Test"],
    newName: ["other.py"],
    content: ["pass", "wait", "raise", "syntax error"],
    patch: [PATCH],
    language: ["Py", "C#"],
    backtestName: ["B"],
    start: [0, 1],
    end: [10, 100],
    count: [5],
    collaboratorUserId: ["c".repeat(32)],
    collaboratorId: ["c".repeat(32)],
    codeSourceId: ["me"],
    target: [SEARCH.target],
    targetTo: ["min", "max"],
    strategy: [SEARCH.strategy],
    nodeType: ["O2-8"],
    parallelNodes: [2],
    parameters: [SEARCH.parameters, [{ key: "a", value: "1" }], { a: 1 }],
    brokerage: [{ id: "QuantConnectBrokerage" }],
    dataProviders: [{ QuantConnectBrokerage: { id: "QuantConnectBrokerage" } }],
    versionId: ["-1", 1],
    command: [
      { $type: "OrderCommand", Ticker: "SPY", SecurityType: "equity", Market: "usa", Quantity: 1 },
      { text: "x" },
    ],
    sentence: ["self.add_e"],
    files: [[{ name: "main.py", content: "pass" }]],
    criteria: [[{ input: "history", type: "Docs", count: 2 }]],
    error: [{ message: "NameError: name 'x' is not defined", stacktrace: "at main.py:1" }],
    tags: [["a"]],
    liveControl: [true],
    write: [true],
  };
  return { values: new Map(Object.entries(known)) };
}

const SEARCH = {
  name: "Search",
  target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
  targetTo: "max",
  strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
  parameters: [{ name: "x", min: 1, max: 3, step: 1 }],
  nodeType: "O2-8",
  parallelNodes: 2,
  estimatedCost: 0,
} as const;

function idsIn(answer: Answer, list: string, id: string): unknown[] {
  return (answer[list] as Record<string, unknown>[]).map((entry) => entry[id]);
}

/** Everything that the reads of one project say; equal before and after if nothing was corrupted. */
export async function readBack(cloud: CloudUnderTest, projectId: number): Promise<string> {
  const { backtests } = await cloud.call("/backtests/list", { projectId, includeStatistics: true });
  const [backtest] = backtests as { readonly backtestId: string }[];
  const page = { projectId, backtestId: backtest?.backtestId, start: 0, end: 100 };
  const answers = [
    await cloud.call("/projects/read", { projectId }),
    await cloud.call("/files/read", { projectId }),
    backtests,
    await cloud.call("/backtests/read", page),
    await cloud.call("/backtests/orders/read", page),
    await cloud.call("/backtests/read/log", page),
  ];
  return JSON.stringify(answers);
}

/** Every endpoint there is: what is added joins by itself. */
export const PATHS: readonly string[] = [...ALL_ENDPOINTS.keys()];
