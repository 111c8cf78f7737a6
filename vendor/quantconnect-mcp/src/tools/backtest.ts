import { z } from "zod";
import { apiTool, CREATES, READS, REPLACES, type Tool } from "../tool.ts";
import { backtestId, optional, projectId } from "./fields.ts";

const page = {
  start: z.int().describe("First index of the page, from 0."),
  end: z.int().describe("Index after the last of the page; at most 100 after start."),
};

const results: readonly Tool[] = [
  apiTool({
    name: "read_backtest_chart",
    title: "Read backtest chart",
    description:
      "Points of one chart of a backtest, such as Strategy Equity, Drawdown or Benchmark; read_backtest names the charts. " +
      "Points are [unix seconds, value]. Free.",
    input: z.object({
      projectId,
      backtestId,
      name: z.string().describe("Name of the chart."),
      count: z.int().describe("Most points per series; 100 shows a shape."),
      start: z.int().describe("Begin of the range, unix seconds UTC."),
      end: z.int().describe("End of the range, unix seconds UTC."),
    }),
    effects: READS,
    path: "/backtests/chart/read",
  }),
  apiTool({
    name: "read_backtest_orders",
    title: "Read backtest orders",
    description:
      "A page of at most 100 orders of a backtest with their fills; length is the number in all. Also works while it runs. Free.",
    input: z.object({ ...page, projectId, backtestId }),
    effects: READS,
    path: "/backtests/orders/read",
  }),
  apiTool({
    name: "read_backtest_insights",
    title: "Read backtest insights",
    description:
      "A page of at most 100 insights (predictions of alpha models) of a backtest. Empty without alpha models. Free.",
    input: z.object({ ...page, projectId, backtestId }),
    effects: READS,
    path: "/backtests/read/insights",
  }),
  apiTool({
    name: "read_backtest_trades",
    title: "Read backtest trades",
    description:
      "A page of at most 100 closed trades of a backtest: entry, exit, quantity, profit and fees in the account's currency, " +
      "and the orders they are made of; length is the number in all. Shows which trades earn or lose. Free.",
    input: z.object({ ...page, projectId, backtestId }),
    effects: READS,
    path: "/backtests/trades/read",
  }),
  apiTool({
    name: "read_backtest_report",
    title: "Read backtest report",
    description:
      "The report of a finished backtest as one page of HTML for people, often long: a long one is kept as a resource. " +
      "Answers generating: true until it is made; call again then. For figures read_backtest is shorter. Free.",
    input: z.object({ projectId, backtestId }),
    effects: READS,
    path: "/backtests/read/report",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "read_backtest_logs",
    title: "Read backtest logs",
    description:
      "A page of at most 200 lines of what the algorithm logged in a backtest. Use it to find out why a strategy did not trade. Free.",
    input: z.object({
      projectId,
      backtestId,
      start: z.int().default(0).describe("First line, from 0."),
      end: z.int().default(200).describe("Line after the last; at most 200 after start."),
      query: z.string().default("").describe("Only lines that contain this text."),
    }),
    effects: READS,
    path: "/backtests/read/log",
  }),
];

export const backtestTools: readonly Tool[] = [
  apiTool({
    name: "create_backtest",
    title: "Create backtest",
    description:
      "Runs a compiled project on history and gives a backtestId at once; the run itself takes seconds to hours. Needs the " +
      "compileId of a BuildSuccess. Occupies a backtest node of the organisation. Follow it with read_backtest. Dates and " +
      "cash come from the code, not from here.",
    input: z.object({
      projectId,
      compileId: z.string().describe("From create_compile, state BuildSuccess."),
      backtestName: z.string().describe("Name to find it by."),
      parameters: optional(
        z
          .record(z.string(), z.union([z.string(), z.number(), z.int()]))
          .describe("Values for the algorithm's get_parameter, by name."),
      ),
    }),
    effects: CREATES,
    path: "/backtests/create",
    freeForm: ["parameters"],
  }),
  apiTool({
    name: "read_backtest",
    title: "Read backtest",
    description:
      "State, progress (0 to 1), statistics and error of a backtest. Statistics are there once completed is true, which it " +
      "also is after a runtime error: then error and stacktrace say why. Repeat every few seconds while it runs. Free.",
    input: z.object({ projectId, backtestId }),
    effects: READS,
    path: "/backtests/read",
  }),
  apiTool({
    name: "list_backtests",
    title: "List backtests",
    description: "All backtests of a project; with includeStatistics also their main figures, to compare them. Free.",
    input: z.object({
      projectId,
      includeStatistics: z
        .boolean()
        .nullable()
        .default(false)
        .describe("Adds Sharpe ratio, returns, drawdown and so on."),
    }),
    effects: READS,
    path: "/backtests/list",
  }),
  ...results,
  apiTool({
    name: "update_backtest",
    title: "Update backtest",
    description: "Changes the name or the note of a backtest, also while it runs. Give at least one. Free.",
    input: z.object({
      projectId,
      backtestId,
      name: optional(z.string().describe("New name.")),
      note: optional(z.string().describe("New note.")),
    }),
    effects: REPLACES,
    path: "/backtests/update",
  }),
  apiTool({
    name: "update_backtest_tags",
    title: "Update backtest tags",
    description: "Sets the tags of a backtest, in place of those it had; an empty list removes all. Free.",
    input: z.object({
      projectId,
      backtestId,
      tags: z.array(z.string()).describe("Every tag that it has afterwards."),
    }),
    effects: REPLACES,
    path: "/backtests/tags/update",
  }),
  apiTool({
    name: "delete_backtest",
    title: "Delete backtest",
    description: "Removes a backtest and its results; stops it when it runs. There is no undo. Free.",
    input: z.object({ projectId, backtestId }),
    effects: REPLACES,
    path: "/backtests/delete",
  }),
];
