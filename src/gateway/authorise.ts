import { principalKind, type Principal } from "../domain/principal.ts";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";
import { isRead } from "./classify.ts";
import { innerName, type Tool } from "./tool.ts";

/** What an agent may call: its own skills, and these tools of the QuantConnect upstream. */
export interface AgentRole {
  readonly name: string;
  readonly upstreamTools: ReadonlySet<string>;
}

/**
 * Whether a principal's role covers a tool. A host, the shell and operators may ask for anything (policy decides);
 * an agent only for what its module names; the desk's own watchers only read.
 */
export function authorise(principal: Principal, tool: Tool, roles: readonly AgentRole[]): Outcome<true> {
  const kind = principalKind(principal);
  if (kind === "host" || kind === "cli" || kind === "operator" || kind === "user") return accepted(true);
  if (kind === "desk" && tool.kind === "passed" && isRead(tool.tool)) return accepted(true);
  if (kind === "agent") {
    const role = roles.find(({ name }) => principal === `agent:${name}`);
    const owns = tool.kind === "skill" && (tool.skill.owner === role?.name || tool.skill.owner === "desk");
    const may = tool.kind === "passed" && role?.upstreamTools.has(tool.tool) === true;
    if (role !== undefined && (owns || may)) return accepted(true);
  }
  return refused({
    code: "NOT_AUTHORISED",
    message: `${principal} may not call ${innerName(tool)}`,
    remedy: "ask the agent whose tool it is, or call it as yourself",
  });
}
