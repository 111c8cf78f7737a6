import { classify, NOTHING_RUNS } from "../classify.ts";
import type { Tool } from "../tool.ts";
import type { UpstreamTool } from "../upstream-port.ts";
import type { LintedTool } from "./finding.ts";

/** What a tool does where nothing runs: what depends on deployments is no lie in a list. */
const SOME_PROJECT = { projectId: 1 };

/** A tool as our clients see it. */
export function lintedTool(tool: Tool): LintedTool {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  const own = tool.kind === "skill" ? tool.skill.class : undefined;
  return { name, title, description, inputSchema, outputSchema, annotations, class: own };
}

/** A tool as its upstream lists it, under the name that clients would see. */
export function lintedUpstreamTool(
  tool: UpstreamTool,
  source: { readonly publicName: string; readonly isKnown: boolean },
): LintedTool {
  const { title, description, inputSchema, outputSchema, annotations } = tool;
  const own = source.isKnown ? classify(tool.name, SOME_PROJECT, NOTHING_RUNS) : undefined;
  return { name: source.publicName, title, description, inputSchema, outputSchema, annotations, class: own };
}
