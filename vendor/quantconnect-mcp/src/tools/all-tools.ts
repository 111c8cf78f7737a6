import type { Tool } from "../tool.ts";
import { accountTools } from "./account.ts";
import { aiTools } from "./ai.ts";
import { backtestTools } from "./backtest.ts";
import { collaborationTools } from "./collaboration.ts";
import { compileTools } from "./compile.ts";
import { fileTools } from "./file.ts";
import { leanVersionTools } from "./lean-version.ts";
import { liveTools } from "./live.ts";
import { mcpServerVersionTools } from "./mcp-server-version.ts";
import { nodeTools } from "./node.ts";
import { objectStoreTools } from "./object-store.ts";
import { optimizationTools } from "./optimization.ts";
import { projectTools } from "./project.ts";

/** Every tool, in the order it is listed. */
export const ALL_TOOLS: readonly Tool[] = [
  ...accountTools,
  ...projectTools,
  ...collaborationTools,
  ...nodeTools,
  ...compileTools,
  ...fileTools,
  ...backtestTools,
  ...optimizationTools,
  ...liveTools,
  ...objectStoreTools,
  ...leanVersionTools,
  ...aiTools,
  ...mcpServerVersionTools,
];
