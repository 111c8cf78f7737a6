import { z } from "zod";
import { ADDS_ONCE, apiTool, READS, type Tool } from "../tool.ts";
import { optional, projectId } from "./fields.ts";

export const nodeTools: readonly Tool[] = [
  apiTool({
    name: "read_project_nodes",
    title: "Read project nodes",
    description:
      "Lists the machines (nodes) for backtest, research and live trading that a project may use: size, price, whether busy. " +
      "Use it to find a free live node's id for create_live_algorithm, or when a job waits in the queue. Free.",
    input: z.object({ projectId }),
    effects: READS,
    path: "/projects/nodes/read",
  }),
  apiTool({
    name: "update_project_nodes",
    title: "Update project nodes",
    description:
      "Chooses the nodes that a project uses. An empty list, or none, goes back to choosing automatically. Free.",
    input: z.object({
      projectId,
      nodes: optional(z.array(z.string()).describe("Ids of nodes from read_project_nodes.")),
    }),
    effects: ADDS_ONCE,
    path: "/projects/nodes/update",
  }),
];
