import { z } from "zod";
import { apiTool, READS, REPLACES, type Tool, TRADES } from "../tool.ts";
import { brokerageSettings, dataProviders } from "./brokerage-settings.ts";
import { optional, organizationId, projectId } from "./fields.ts";

const command = z
  .record(z.string(), z.unknown())
  .describe(
    "Without $type it goes to the algorithm's on_command; with $type it is a command class, such as OrderCommand.",
  );
const SNAPSHOT = "Up to ten minutes old.";

const control: readonly Tool[] = [
  {
    name: "authorize_connection",
    title: "Authorize external connection",
    description:
      "Connects a brokerage account that signs in by OAuth. The first call gives an address that a person opens; call again " +
      "afterwards for the connection's data. Free.",
    input: z.object({
      brokerage: z.enum(["alpaca", "tradestation", "charlesschwab", "tastytrade"]).describe("Which brokerage."),
    }),
    effects: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    target: { kind: "authorization" },
    freeForm: [],
    presets: {},
  },
  apiTool({
    name: "create_live_algorithm",
    title: "Create live algorithm",
    description:
      "Deploys a compiled project: it trades by itself from then on, with real money unless brokerage.id is " +
      "QuantConnectBrokerage (paper). Occupies a paid live node until stopped. Find a free nodeId with read_project_nodes.",
    input: z.object({
      versionId: z.string().describe('LEAN version, from read_lean_versions; "-1" for the newest.'),
      projectId,
      compileId: z.string().describe("From create_compile, state BuildSuccess."),
      nodeId: z.string().describe("A free live node."),
      brokerage: brokerageSettings.describe("Brokerage id and its settings."),
      dataProviders: dataProviders
        .nullable()
        .default({ QuantConnectBrokerage: { id: "QuantConnectBrokerage" } } as never)
        .describe("Sources of prices; QuantConnect's own when left out."),
    }),
    effects: TRADES,
    path: "/live/create",
    timeoutMs: 60_000,
    presets: { dataProviders: { QuantConnectBrokerage: { id: "QuantConnectBrokerage" } } },
  }),
];

const reading: readonly Tool[] = [
  apiTool({
    name: "read_live_algorithm",
    title: "Read live algorithm",
    description: `State, statistics and settings of a project's live algorithm. ${SNAPSHOT} Free.`,
    input: z.object({ projectId }),
    effects: READS,
    path: "/live/read",
  }),
  apiTool({
    name: "list_live_algorithms",
    title: "List live algorithms",
    description: "Live algorithms, running and past, also of deleted projects; by project or status if given. Free.",
    input: z.object({
      projectId: optional(projectId),
      status: optional(z.enum(["Running", "Stopped", "RuntimeError", "Liquidated"]).describe("Only these.")),
    }),
    effects: READS,
    path: "/live/list",
  }),
  apiTool({
    name: "read_live_chart",
    title: "Read live chart",
    description: `Points of one chart of a live algorithm, such as Strategy Equity. ${SNAPSHOT} Call again while it loads. Free.`,
    input: z.object({
      projectId,
      name: z.string().describe("Name of the chart."),
      count: z.int().describe("Most points per series."),
      start: z.int().describe("Begin of the range, unix seconds UTC."),
      end: z.int().describe("End of the range, unix seconds UTC."),
    }),
    effects: READS,
    path: "/live/chart/read",
  }),
  apiTool({
    name: "read_live_logs",
    title: "Read live logs",
    description: "A page of at most 250 lines of what a live algorithm logged. Up to five minutes old. Free.",
    input: z.object({
      format: optional(z.unknown().describe("json.")),
      projectId,
      algorithmId: z.string().describe("Id of the deployment, L- and 32 hex digits."),
      startLine: z.int().describe("First line, from 0."),
      endLine: z.int().describe("Line after the last; at most 250 after startLine."),
    }),
    effects: READS,
    path: "/live/logs/read",
  }),
  apiTool({
    name: "read_live_portfolio",
    title: "Read live portfolio",
    description: `Holdings and cash of a live algorithm. ${SNAPSHOT} Free.`,
    input: z.object({ projectId }),
    effects: READS,
    path: "/live/portfolio/read",
  }),
  apiTool({
    name: "read_live_orders",
    title: "Read live orders",
    description: `A page of at most 1000 orders of a live algorithm. ${SNAPSHOT} Call again while it loads. Free.`,
    input: z.object({
      start: z.int().describe("First index of the page, from 0."),
      end: z.int().describe("Index after the last; at most 1000 after start."),
      projectId,
    }),
    effects: READS,
    path: "/live/orders/read",
  }),
  apiTool({
    name: "read_live_trades",
    title: "Read live trades",
    description:
      "A page of at most 100 closed trades of a live algorithm with profit and fees in the account's currency; positions " +
      `still held are in read_live_portfolio. ${SNAPSHOT} Call again while it loads. Free.`,
    input: z.object({
      start: z.int().describe("First index of the page, from 0."),
      end: z.int().describe("Index after the last; at most 100 after start."),
      projectId,
    }),
    effects: READS,
    path: "/live/trades/read",
  }),
  apiTool({
    name: "read_live_insights",
    title: "Read live insights",
    description: `Insights (predictions of alpha models) of a live algorithm. ${SNAPSHOT} Free.`,
    input: z.object({
      start: optional(z.int().describe("First index of the page, from 0.")),
      end: z.int().describe("Index after the last of the page."),
      projectId,
    }),
    effects: READS,
    path: "/live/insights/read",
  }),
];

const ending: readonly Tool[] = [
  apiTool({
    name: "stop_live_algorithm",
    title: "Stop live algorithm",
    description:
      "Ends a live algorithm and leaves its positions and open orders at the brokerage as they are, with nobody watching. " +
      "See liquidate_live_algorithm.",
    input: z.object({ projectId }),
    effects: REPLACES,
    path: "/live/update/stop",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "liquidate_live_algorithm",
    title: "Liquidate live algorithm",
    description:
      "Sells all that a live algorithm holds at the market and ends it. Trades for real on a real brokerage; markets that " +
      "are closed fill at the next open.",
    input: z.object({ projectId }),
    effects: REPLACES,
    path: "/live/update/liquidate",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "create_live_command",
    title: "Create live command",
    description:
      "Sends a command to a running live algorithm, which may place, change or cancel orders. The answer says only that it " +
      "was accepted; read orders and logs for what it did. A repeated call sends it again.",
    input: z.object({ projectId, command }),
    effects: TRADES,
    path: "/live/commands/create",
    freeForm: ["command"],
  }),
  apiTool({
    name: "broadcast_live_command",
    title: "Broadcast live command",
    description:
      "Sends a command to every running live algorithm of the organisation but one. May trade in all of them. A repeated call sends it again.",
    input: z.object({
      organizationId,
      excludeProjectId: optional(z.int().describe("Project that does not get it.")),
      command,
    }),
    effects: TRADES,
    path: "/live/commands/broadcast",
    freeForm: ["command"],
  }),
];

export const liveTools: readonly Tool[] = [...control, ...reading, ...ending];
