import { z } from "zod";
import { table } from "./output.ts";

/** State of the upstreams as the desk gives it. */
export const upstreamsSchema = z.array(
  z.looseObject({
    name: z.string(),
    state: z.string(),
    pid: z.int().nullable(),
    restarts: z.int(),
    tools: z.int(),
    lastError: z.string().nullable(),
  }),
);

/** The upstreams as a table. */
export function upstreamsTable(list: z.infer<typeof upstreamsSchema>): string {
  const rows = list.map((one) => [
    one.name,
    one.state,
    String(one.pid ?? "–"),
    String(one.tools),
    String(one.restarts),
    one.lastError ?? "–",
  ]);
  return table(["upstream", "state", "pid", "tools", "restarts", "last error"], rows);
}
