import { z } from "zod";
import { lintTools, tokensOf } from "../gateway/tool-lint/lint-tools.ts";
import { lintedTool, lintedUpstreamTool } from "../gateway/tool-lint/linted-tools.ts";
import { OWN_UPSTREAM, TOOLSETS } from "../gateway/tool.ts";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import type { DoorParts } from "./desk-doors.ts";

const request = z.object({ toolset: z.enum(TOOLSETS).default("desk"), upstream: z.string().optional() });

/** What is wrong with the tools of a toolset as clients see them, or of an upstream as it lists them. */
export function lintMethods({ core }: DoorParts): Readonly<Record<string, ControlMethod>> {
  return {
    "tools.lint": controlMethod(request, async ({ toolset, upstream }) => {
      const tools =
        upstream === undefined
          ? core.registry.list(toolset).map(lintedTool)
          : (await core.upstreams.tools(upstream)).map((tool) =>
              lintedUpstreamTool(tool, {
                publicName: core.registry.passedName(upstream, tool.name),
                isKnown: upstream === OWN_UPSTREAM,
              }),
            );
      // Only the default list must be cheap: the others are asked for.
      const isFree = upstream !== undefined || toolset === "full";
      const findings = isFree ? lintTools(tools, Number.POSITIVE_INFINITY) : lintTools(tools);
      return { tools: tools.length, tokens: tokensOf(tools), findings };
    }),
  };
}
