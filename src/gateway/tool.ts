import type { CallClass } from "../domain/call-class.ts";
import type { Skill } from "./skill.ts";

/** The lists of tools that a client can ask for. */
export const TOOLSETS = ["desk", "research", "full"] as const;

/** The upstream whose projects, deployments, compiles and backtests the desk keeps books about. */
export const OWN_UPSTREAM = "quantconnect";

export type Toolset = (typeof TOOLSETS)[number];

interface PublicTool {
  /** The name clients see. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly toolsets: readonly Toolset[];
  /** Whether `approvalId` and `intentId` may stand among the arguments. */
  readonly takesOptions: boolean;
}

/** A tool composed by one of our agents. */
export interface SkillTool extends PublicTool {
  readonly kind: "skill";
  readonly skill: Skill;
}

/** A tool of an upstream, passed through under a prefix. */
export interface PassedTool extends PublicTool {
  readonly kind: "passed";
  readonly upstream: string;
  /** Whether it is known by its name, as QuantConnect's tools are, and can count as less than live. */
  readonly speaks: "quantconnect" | "unknown";
  readonly tool: string;
  /** The upstreams that may answer it, where that is not its own: what a policy says of any of them holds. */
  readonly answeredBy?: readonly string[];
  /** Why the tool may not be called, once its definition changed after it was pinned. */
  readonly quarantined?: string;
}

export type Tool = SkillTool | PassedTool;

/** What a tool is called in classification and policy: the upstream's name, or the skill's. */
export function innerName(tool: Tool): string {
  return tool.kind === "passed" ? tool.tool : tool.name;
}

/** Hints for clients, made from our own class of a tool and never from an upstream's word alone. */
export function annotationsOf(callClass: CallClass, title: string): Record<string, unknown> {
  return {
    title,
    readOnlyHint: callClass === "read",
    destructiveHint: callClass !== "read" && callClass !== "compute",
    openWorldHint: true,
  };
}
