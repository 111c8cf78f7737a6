import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ControlClient } from "../../src/app/control-client.ts";
import { enrolDemoOperators, type DemoOperator } from "../../src/app/demo/demo-operator.ts";
import { connectToDesk } from "../../src/app/desk-connection.ts";
import { createDemoHome } from "../../src/app/desk-home.ts";
import { systemClock } from "../../src/app/system.ts";
import { readConfig } from "../../src/config.ts";
import { openE2eHome, ROOT, type E2eHome, type Finished } from "./e2e-home.ts";

/** Trades only what it is told to. */
const TOLD = `from AlgorithmImports import *


class Told(QCAlgorithm):
    def initialize(self):
        self.set_cash(100000)
        self.add_equity("AAPL", Resolution.MINUTE)
`;
const FEED = {
  "qw-feed": "replay",
  "qw-feed-start": "2024-03-04",
  "qw-feed-end": "2024-06-30",
  "qw-feed-speed": "600",
};

/** A paper deployment on a replay, as a client sees it. */
export interface PaperDeployment {
  readonly projectId: number;
  readonly deployId: string;
  /** What it was deployed with. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** A demo directory with a desk and two operators, whose keys live in this process. */
export interface TradingHome extends E2eHome {
  readonly operators: readonly [DemoOperator, DemoOperator];
  /** Calls a tool, signs what it asks for with the first operator, and calls it again. */
  approved(tool: string, args: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** Calls a tool that must be refused; gives the exit code and the code of the refusal. */
  refused(
    tool: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly exit: number | null; readonly code: string; readonly message: string }>;
  /** A paper deployment whose algorithm has seen a price. */
  deploy(): Promise<PaperDeployment>;
  /** Places a market order that is approved. */
  buy(deployment: PaperDeployment, quantity: number): Promise<Record<string, unknown>>;
}

const refusalSchema = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string(), remedy: z.string().optional() }),
});

export async function openTradingHome(): Promise<TradingHome> {
  const home = openE2eHome({ settings: { dataPolicy: "synthetic" } });
  createDemoHome(home.dataDir);
  const up = await home.run(["up"]);
  if (up.code !== 0) throw new Error(`the desk did not start: ${up.err}`);
  const [first, second] = await enrolled(home);
  if (first === undefined || second === undefined) throw new Error("no operators were enrolled");
  const refused: TradingHome["refused"] = async (tool, args) => refusalIn(await callTool(home, tool, args));
  const approved: TradingHome["approved"] = async (tool, args) => {
    const { code, message } = await refused(tool, args);
    const approvalId = /approvalId "([^"]+)"/.exec(message)?.[1];
    if (approvalId === undefined) throw new Error(`${tool} asked for no approval: ${code}: ${message}`);
    await first.decide(approvalId);
    return home.call(tool, { ...args, approvalId });
  };
  return {
    ...home,
    operators: [first, second],
    approved,
    refused,
    deploy: () => deploy(home, approved),
    buy: ({ projectId }, quantity) =>
      approved("place_order", { projectId, symbol: "AAPL", side: "buy", quantity, type: "market" }),
    [Symbol.asyncDispose]: async () => {
      await home.run(["down", "--cloud"]);
      await home[Symbol.asyncDispose]();
    },
  };
}

async function enrolled(home: E2eHome): Promise<readonly DemoOperator[]> {
  const config = readConfig({ environment: home.env, flags: {}, cwd: ROOT, isTerminal: false });
  const names = ["anna", "ben"] as const;
  // Each decision opens a stream of its own: the desk may have been started anew in between.
  const control = {
    async request(method: string, params?: unknown): Promise<unknown> {
      const connected = await connectToDesk(config, { kind: "cli", channel: "control" });
      if (connected === undefined) throw new Error("no desk runs");
      await using client = new ControlClient(connected.socket);
      return await client.request(method, params);
    },
  };
  return enrolDemoOperators(control, systemClock, names);
}

function callTool(home: E2eHome, tool: string, args: Readonly<Record<string, unknown>>): Promise<Finished> {
  return home.run(["tools", "call", tool, JSON.stringify(args), "--json"]);
}

function refusalIn(done: Finished): { readonly exit: number | null; readonly code: string; readonly message: string } {
  if (done.code === 0) throw new Error(`a call was done that had to be refused: ${done.out}`);
  const { error } = refusalSchema.parse(done.lines().at(-1));
  return { exit: done.code, code: error.code, message: `${error.message} ${error.remedy ?? ""}` };
}

async function deploy(home: E2eHome, approved: TradingHome["approved"]): Promise<PaperDeployment> {
  const { projectId } = z
    .looseObject({ projectId: z.int() })
    .parse(await home.call("create_strategy", { name: "told", code: TOLD }));
  const parameters = Object.entries(FEED).map(([key, value]) => ({ key, value }));
  await home.call("qc_update_project_parameters", { projectId, parameters });
  const compile = z.looseObject({ compileId: z.string(), state: z.string() });
  let { compileId, state } = compile.parse(await home.call("qc_create_compile", { projectId }));
  while (state === "InQueue") {
    await delay(200);
    ({ compileId, state } = compile.parse(await home.call("qc_read_compile", { projectId, compileId })));
  }
  if (state !== "BuildSuccess") {
    const read = await home.call("qc_read_compile", { projectId, compileId });
    throw new Error(`the compile gives ${JSON.stringify(read)}`);
  }
  const { nodes } = z
    .looseObject({ nodes: z.looseObject({ live: z.array(z.looseObject({ id: z.string(), busy: z.boolean() })) }) })
    .parse(await home.call("qc_read_project_nodes", { projectId }));
  const nodeId = nodes.live.find(({ busy }) => !busy)?.id ?? "";
  const request = { projectId, compileId, nodeId, versionId: "-1", brokerage: { id: "QuantConnectBrokerage" } };
  const { deployId } = z
    .looseObject({ deployId: z.string() })
    .parse(await approved("qc_create_live_algorithm", request));
  const seen = z.looseObject({ accounts: z.array(z.looseObject({ feedTime: z.string() })) });
  for (let look = 0; look < 120; look += 1) {
    const looked = await callTool(home, "get_positions", { projectId });
    const account = looked.code === 0 ? seen.parse(looked.json()).accounts[0] : undefined;
    if (account !== undefined && account.feedTime > "2024-03-04T14:35") return { projectId, deployId, request };
    await delay(250);
  }
  throw new Error("the deployment saw no price in half a minute");
}
