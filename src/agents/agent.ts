import type { AgentRole } from "../gateway/authorise.ts";
import type { Skill } from "../gateway/skill.ts";

/** One of the three agents: the tools that it owns, and those of QuantConnect that its role covers. */
export interface Agent extends AgentRole {
  readonly skills: readonly Skill[];
}
