import { z } from "zod";
import { apiTool, READS, type Tool } from "../tool.ts";

export const leanVersionTools: readonly Tool[] = [
  apiTool({
    name: "read_lean_versions",
    title: "Read LEAN versions",
    description: "Versions of the LEAN engine that projects can be pinned to, newest and default marked. Free.",
    input: z.object({}),
    effects: READS,
    path: "/lean/versions/read",
  }),
];
