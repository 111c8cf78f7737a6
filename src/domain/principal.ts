import { z } from "zod";

/**
 * Who calls: a desktop client (`host`), the shell (`cli`), one of our agents, a pipeline, or the desk's own watchers
 * (`desk`). Written as `kind` or `kind:name`.
 */
export const principalSchema = z
  .string()
  .regex(
    /^(?:host|cli|desk|(?:agent|pipeline|operator|user):[a-zA-Z0-9_.-]{1,64})$/,
    "a principal such as host, cli or agent:strategy-lab",
  );

export type Principal = z.infer<typeof principalSchema>;

/** The kind of a principal, the part before the colon. */
export function principalKind(principal: Principal): string {
  return principal.split(":", 1)[0] ?? principal;
}
