import type { Refusal } from "../domain/refusal.ts";
import { CLASSIFIED_TOOLS } from "./classify.ts";
import type { SeenTool } from "./registry.ts";
import type { Skill } from "./skill.ts";

/** Which of these tools the desk's own server does not list; none is missing before it has listed any. */
export function notServed(listed: readonly SeenTool[], needed: readonly string[]): readonly string[] {
  if (listed.length === 0) return [];
  return needed.filter((name) => !listed.some(({ tool }) => tool === name));
}

/** Why a skill cannot begin, or a tool of QuantConnect's not be called; undefined where that is not the reason. */
export function notServedRefusal(
  listed: readonly SeenTool[],
  call: { readonly name: string; readonly skill?: Skill; readonly ownTool?: string },
): Refusal | undefined {
  const { name, skill, ownTool } = call;
  const known = ownTool !== undefined && CLASSIFIED_TOOLS.includes(ownTool) ? [ownTool] : [];
  const missing = notServed(listed, skill?.needs ?? known);
  if (missing.length === 0) return undefined;
  return {
    code: "TOOL_NOT_SERVED",
    message: `${name} needs ${missing.join(", ")}, which the QuantConnect server of this desk does not list`,
    remedy: "choose another server with `quantwright upstream use`, such as vendored, and start the desk anew",
  };
}
