import { z } from "zod";
import { apiTool, READS, type Tool } from "../tool.ts";

export const accountTools: readonly Tool[] = [
  apiTool({
    name: "read_account",
    title: "Read account",
    description:
      "Shows which organisation the credentials belong to and its credit balance in US dollars. Call it first when a tool " +
      "wants an organizationId, and to check that the credentials work. Free.",
    input: z.object({}),
    effects: READS,
    path: "/account/read",
  }),
];
