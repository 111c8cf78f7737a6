import { z } from "zod";
import { READS, type Tool } from "../tool.ts";
import { SERVER_VERSION } from "../server-version.ts";

const LOCAL = {
  input: z.object({}),
  effects: { ...READS, openWorldHint: false },
  freeForm: [],
  presets: {},
  target: { kind: "local", answer: () => ({ result: SERVER_VERSION }) },
} as const;

export const mcpServerVersionTools: readonly Tool[] = [
  {
    ...LOCAL,
    name: "read_mcp_server_version",
    title: "Read QC MCP Server version",
    description: "Version of this server. Answers without the network.",
  },
  {
    ...LOCAL,
    name: "read_latest_mcp_server_version",
    title: "Read latest QC MCP Server version",
    description:
      "Newest version of this server. It comes with Quantwright and is updated with it, so this is the version installed. " +
      "Answers without the network.",
  },
];
