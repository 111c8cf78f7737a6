import { z } from "zod";
import { apiTool, CREATES, READS, type Tool } from "../tool.ts";
import { projectId } from "./fields.ts";

export const compileTools: readonly Tool[] = [
  apiTool({
    name: "create_compile",
    title: "Create compile",
    description:
      "Begins compiling a project and gives a compileId. Needed before every backtest, optimisation or deployment of " +
      "changed code. Takes seconds; follow it with read_compile. Free.",
    input: z.object({ projectId }),
    effects: CREATES,
    path: "/compile/create",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "read_compile",
    title: "Read compile",
    description:
      "State of a compile: InQueue, BuildSuccess, or BuildError with the errors and their lines in logs. A BuildError is " +
      "an answer, not a failed call. Repeat it every few seconds while InQueue. Free.",
    input: z.object({ projectId, compileId: z.string().describe("From create_compile.") }),
    effects: READS,
    path: "/compile/read",
  }),
];
