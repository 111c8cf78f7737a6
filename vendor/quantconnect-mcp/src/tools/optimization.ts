import { z } from "zod";
import { apiTool, CREATES, READS, REPLACES, type Tool } from "../tool.ts";
import { optional, projectId } from "./fields.ts";

const statistic = z.enum([
  "TotalPerformance.PortfolioStatistics.SharpeRatio",
  "TotalPerformance.PortfolioStatistics.CompoundingAnnualReturn",
  "TotalPerformance.PortfolioStatistics.ProbabilisticSharpeRatio",
  "TotalPerformance.PortfolioStatistics.Drawdown",
]);
const optimizationId = z.string().describe("Id of the optimisation, O- and 32 hex digits.");
const parameters = z
  .array(
    z.object({
      name: z.string().describe("Name that the code reads with get_parameter."),
      min: z.number(),
      max: z.number(),
      step: z.number().describe("Distance between two values tried."),
      minStep: optional(z.number()),
    }),
  )
  .describe("What to vary. The number of backtests is the product of the numbers of values.");
const constraints = z
  .array(
    z.object({
      target: statistic,
      operator: z.enum(["LessOrEqual", "Less", "GreaterOrEqual", "Greater", "NotEqual", "Equals"]),
      targetValue: z.number(),
    }),
  )
  .describe("Results that break one of these do not count.");
const goal = {
  projectId,
  name: z.string().describe("Name to find it by."),
  target: statistic.describe("Statistic to optimise."),
  targetTo: z.enum(["min", "max"]).describe("Direction; min for drawdown, max for the others."),
  targetValue: optional(z.number().describe("Stop once a backtest reaches it.")),
  strategy: z.enum(["QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy"]).describe("Search method."),
};

export const optimizationTools: readonly Tool[] = [
  apiTool({
    name: "estimate_optimization_time",
    title: "Estimate optimization time",
    description:
      "How long an optimisation would take, in seconds, and what it would do to the balance. Call it before " +
      "create_optimization; a finished backtest of the project makes the estimate better. Free.",
    input: z.object({
      ...goal,
      compileId: optional(z.string().describe("From create_compile.")),
      parameters,
      constraints: optional(constraints),
    }),
    effects: READS,
    path: "/optimizations/estimate",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "create_optimization",
    title: "Create optimization",
    description:
      "Backtests every combination of parameter values in parallel. Costs money by node and time: estimate first and keep " +
      "the grid small. The best of many tries is biased upwards, so check it on other dates.",
    input: z.object({
      ...goal,
      compileId: z.string().describe("From create_compile, state BuildSuccess."),
      parameters,
      constraints: optional(constraints),
      estimatedCost: z.number().describe("Cost in US dollars, from estimate_optimization_time."),
      nodeType: z.enum(["O2-8", "O4-12", "O8-16"]).describe("Cores and GB of memory of each node."),
      parallelNodes: z.int().describe("How many nodes work at once."),
    }),
    effects: CREATES,
    path: "/optimizations/create",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "read_optimization",
    title: "Read optimization",
    description: "State of an optimisation, and the parameters and statistics of each of its backtests. Free.",
    input: z.object({ optimizationId }),
    effects: READS,
    path: "/optimizations/read",
  }),
  apiTool({
    name: "list_optimizations",
    title: "List optimizations",
    description: "All optimisations of a project with their state. Free.",
    input: z.object({ projectId }),
    effects: READS,
    path: "/optimizations/list",
  }),
  apiTool({
    name: "update_optimization",
    title: "Update optimization",
    description: "Renames an optimisation; nothing else of it can be changed. Free.",
    input: z.object({ optimizationId, name: z.string().describe("New name.") }),
    effects: REPLACES,
    path: "/optimizations/update",
  }),
  apiTool({
    name: "abort_optimization",
    title: "Abort optimization",
    description: "Stops a running optimisation, and its costs; backtests that are done stay readable. Free.",
    input: z.object({ optimizationId }),
    effects: REPLACES,
    path: "/optimizations/abort",
  }),
  apiTool({
    name: "delete_optimization",
    title: "Delete optimization",
    description: "Removes an optimisation and its results; stops it when it runs. There is no undo. Free.",
    input: z.object({ optimizationId }),
    effects: REPLACES,
    path: "/optimizations/delete",
  }),
];
