import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import { shortened } from "../../domain/shortened.ts";
import type { DemoClient } from "./demo-client.ts";
import { enrolDemoOperators, type DemoOperator } from "./demo-operator.ts";
import { systemClock } from "../system.ts";

type Body = Readonly<Record<string, unknown>>;
type Say = <T>(title: string, work: () => Promise<T>, detail: (value: T) => string) => Promise<T>;

export interface PaperTradingParts {
  readonly client: DemoClient;
  readonly control: { request(method: string, params?: unknown): Promise<unknown> };
  readonly projectId: number;
  readonly ticker: string;
  readonly say: Say;
  readonly signal: AbortSignal;
  /** Closes the gate and flattens; gives the states that were confirmed, and how long that took. */
  readonly halt: () => Promise<{ readonly states: string; readonly milliseconds: number }>;
}

/** What happened on paper, for the report. */
export interface PaperTrading {
  readonly deployId: string;
  readonly operator: string;
  readonly approvals: number;
  readonly order: string;
  readonly beyondLimits: string;
  readonly halted: string;
  readonly afterHalt: string;
}

/** A replay of the last year, half a day a second. */
const FEED = { kind: "replay", start: "2019-01-02", end: "2019-12-31", speed: "43200" };
const AFTER_FIRST_BAR = "2019-01-03";
const SHARES = 5;
const TOO_MANY = 100_000;
const PATIENCE_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 250;

const compileSchema = z.looseObject({ compileId: z.string(), state: z.string() });
const nodesSchema = z.looseObject({
  nodes: z.looseObject({ live: z.array(z.looseObject({ id: z.string(), busy: z.boolean().optional() })) }),
});
const deployedSchema = z.looseObject({ deployId: z.string() });
const positionsSchema = z.looseObject({
  accounts: z.array(
    z.looseObject({
      deployId: z.string(),
      equity: z.string(),
      feedTime: z.string(),
      positions: z.array(z.looseObject({ symbol: z.string(), quantity: z.string() })),
    }),
  ),
});
const orderSchema = z.looseObject({ outcome: z.string(), filled: z.number(), message: z.string() });

/**
 * Paper trading on replayed prices, as a desktop model would do it: it asks, the demo's own operator signs, and what is
 * beyond the limits is refused before anybody is asked. Ends halted and flat.
 */
export async function tradeOnPaper(parts: PaperTradingParts): Promise<PaperTrading> {
  const { client, say } = parts;
  const operator = await say(
    "a demo operator is enrolled",
    () => enrol(parts),
    (one) => `${one.name}; its key is random, lives in this process, and counts on demo desks only`,
  );
  const approved = approver(parts, operator);
  const compileId = await say(
    "compile for the deployment",
    () => compiled(parts),
    (one) => one.slice(0, 16),
  );
  const deployId = await say(
    "paper deployment, approved",
    async () =>
      deployedSchema.parse(await approved.call("qc_create_live_algorithm", await deployment(parts, compileId)))
        .deployId,
    (one) => `${one.slice(0, 10)}… on a replay of ${FEED.start} to ${FEED.end}`,
  );
  await say(
    "get_positions",
    () => running(parts),
    (one) => one,
  );
  const order = await say(
    "an order within limits, approved",
    async () => orderSchema.parse(await approved.call("place_order", orderOf(parts, SHARES))),
    (one) =>
      `buy ${SHARES} ${parts.ticker}: ${one.outcome}, filled ${one.filled}${one.message === "" ? "" : ` (${one.message})`}`,
  );
  const beyondLimits = await say(
    "an order beyond limits",
    () => refusalOf(() => client.call("place_order", orderOf(parts, TOO_MANY))),
    (one) => shortened(one, 110),
  );
  const halted = await say(
    "halt --flatten",
    () => parts.halt(),
    (one) => `${one.states} after ${one.milliseconds.toFixed(0)} ms`,
  );
  const afterHalt = await say(
    "a deployment after the halt",
    async () => refusalOf(async () => client.call("qc_create_live_algorithm", await deployment(parts, compileId))),
    (one) => shortened(one, 110),
  );
  return {
    deployId,
    operator: operator.name,
    approvals: approved.count(),
    order: `buy ${SHARES} ${parts.ticker}: ${order.outcome}`,
    beyondLimits,
    halted: `${halted.states} after ${halted.milliseconds.toFixed(0)} ms`,
    afterHalt,
  };
}

async function enrol({ control }: PaperTradingParts): Promise<DemoOperator> {
  const [operator] = await enrolDemoOperators(control, systemClock);
  if (operator === undefined) throw new Error("no operator was enrolled");
  return operator;
}

/** Calls that wait for an approval are signed and repeated, as a person beside the client would do. */
function approver(
  { client }: PaperTradingParts,
  operator: DemoOperator,
): { call(tool: string, args: Body): Promise<Body>; count(): number } {
  let given = 0;
  return {
    async call(tool, args) {
      const asked = await refusalOf(() => client.call(tool, args));
      const approvalId = /approvalId "([^"]+)"/.exec(asked)?.[1];
      if (approvalId === undefined) throw new RefusalError({ code: "TOOL_FAILED", message: `${tool}: ${asked}` });
      await operator.decide(approvalId);
      given += 1;
      return client.call(tool, { ...args, approvalId });
    },
    count: () => given,
  };
}

async function compiled({ client, projectId, ticker }: PaperTradingParts): Promise<string> {
  const feed = Object.entries(FEED).map(([name, value]) => ({
    key: name === "kind" ? "qw-feed" : `qw-feed-${name}`,
    value,
  }));
  const own = [
    { key: "ticker", value: ticker },
    { key: "fast", value: "20" },
    { key: "slow", value: "200" },
  ];
  await client.call("qc_update_project_parameters", { projectId, parameters: [...own, ...feed] });
  let { compileId, state } = compileSchema.parse(await client.call("qc_create_compile", { projectId }));
  while (state === "InQueue") {
    await delay(LOOK_MILLISECONDS);
    ({ compileId, state } = compileSchema.parse(await client.call("qc_read_compile", { projectId, compileId })));
  }
  if (state !== "BuildSuccess") throw new RefusalError({ code: "BUILD_ERROR", message: `the compile gives ${state}` });
  return compileId;
}

async function deployment({ client, projectId }: PaperTradingParts, compileId: string): Promise<Body> {
  const { nodes } = nodesSchema.parse(await client.call("qc_read_project_nodes", { projectId }));
  const nodeId = nodes.live.find(({ busy }) => busy !== true)?.id ?? "";
  return { projectId, compileId, nodeId, versionId: "-1", brokerage: { id: "QuantConnectBrokerage" } };
}

/** Waits until the algorithm runs and its account knows prices. */
async function running({ client, projectId, signal }: PaperTradingParts): Promise<string> {
  for (let waited = 0; waited < PATIENCE_MILLISECONDS; waited += LOOK_MILLISECONDS) {
    signal.throwIfAborted();
    const read = z
      .looseObject({ status: z.string() })
      .parse(await client.call("qc_read_live_algorithm", { projectId }));
    if (read.status === "Running") {
      const { accounts } = positionsSchema.parse(await client.call("get_positions", { projectId }));
      const [account] = accounts;
      // The algorithm has to have seen a bar of its own before it takes orders.
      if (account !== undefined && account.feedTime > AFTER_FIRST_BAR) {
        return `equity ${account.equity} at ${account.feedTime.slice(0, 10)}, ${account.positions.length} positions`;
      }
    }
    await delay(LOOK_MILLISECONDS);
  }
  throw new RefusalError({ code: "DEADLINE_EXCEEDED", message: "the paper deployment did not start in a minute" });
}

function orderOf({ projectId, ticker }: PaperTradingParts, quantity: number): Body {
  return { projectId, symbol: ticker, side: "buy", quantity, type: "market" };
}

/** The text of a refusal that must come. */
async function refusalOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal.message.replaceAll("\n", " ");
    throw error;
  }
  throw new RefusalError({ code: "INTERNAL_FAULT", message: "a call was done that had to be refused" });
}
