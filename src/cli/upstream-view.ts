import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { textDifference } from "../domain/text-difference.ts";
import type { UpstreamEntry } from "../domain/upstream-entry.ts";
import { visibleText } from "../domain/visible-text.ts";
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
    instances: z.array(z.looseObject({ state: z.string() })).optional(),
  }),
);

/** `ready`, or how many of its instances are. */
function stateText({ state, instances }: z.infer<typeof upstreamsSchema>[number]): string {
  if (instances === undefined) return state;
  return `${state} (${instances.filter((one) => one.state === "ready").length} of ${instances.length})`;
}

/** The upstreams as a table. */
export function upstreamsTable(list: z.infer<typeof upstreamsSchema>): string {
  const rows = list.map((one) => [
    one.name,
    stateText(one),
    String(one.pid ?? "–"),
    String(one.tools),
    String(one.restarts),
    visibleText(one.lastError ?? "–", 200),
  ]);
  return table(["upstream", "state", "pid", "tools", "restarts", "last error"], rows);
}

/** Routes as the desk judges them. */
export const seenRoutesSchema = z.array(
  z.object({
    tool: z.string(),
    of: z.array(z.string()),
    choose: z.string(),
    fault: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  }),
);

/** The routes as a table; nothing where there are none. */
export function routesTable(routes: z.infer<typeof seenRoutesSchema>): string {
  if (routes.length === 0) return "";
  const rows = routes.map(({ tool, of, choose, fault }) => [
    tool,
    of.join(", "),
    choose,
    fault === null ? "–" : visibleText(fault.message, 200),
  ]);
  return `\n\n${table(["route", "of", "choose", "fault"], rows)}`;
}

/** Tools as the desk last saw them. */
export const seenToolsSchema = z.array(
  z.object({
    upstream: z.string(),
    tool: z.string(),
    name: z.string(),
    quarantined: z.string().nullable(),
    pinned: z.string().nullable(),
    present: z.string().nullable(),
    presentHash: z.string().nullable(),
  }),
);

/** Tools as a table, those in quarantine first. */
export function seenToolsTable(tools: z.infer<typeof seenToolsSchema>): string {
  const order = tools.toSorted((a, b) => Number(a.quarantined === null) - Number(b.quarantined === null));
  const rows = order.map((one) => [
    one.upstream,
    visibleText(one.name, 80),
    one.quarantined === null ? "–" : visibleText(one.quarantined, 200),
  ]);
  return table(["upstream", "tool", "quarantine"], rows);
}

/** What would be started or asked, whole. */
export function serverText(entry: UpstreamEntry): string {
  const lines =
    entry.transport === "stdio"
      ? [
          "This program would be started with your rights whenever the desk runs:",
          ...[entry.command, ...entry.args].map((word, index) => `  ${index}: ${visibleText(word)}`),
          ...(entry.env.length === 0 ? [] : [`It would get these variables: ${entry.env.join(", ")}`]),
        ]
      : [
          "This server would be asked:",
          `  ${visibleText(entry.url)} (${entry.transport})`,
          ...(entry.headers.length === 0 ? [] : [`It would get these headers: ${entry.headers.join(", ")}`]),
        ];
  const { instances = 1 } = entry;
  if (instances > 1) lines.push(`${instances} instances of it would serve together.`);
  return lines.join("\n");
}

/** An upstream as it would be added, whole. */
export function entryText(name: string, entry: UpstreamEntry): string {
  return `${serverText(entry)}\nIts tools would be called ${name}_…; each call counts as live.`;
}

/** How a definition changed, line by line, with nothing hidden. */
export function differenceText(pinned: string, present: string): string {
  return textDifference(pretty(pinned), pretty(present))
    .map(({ mark, text }) => `${mark} ${visibleText(text)}`)
    .join("\n");
}

function pretty(canonical: string): string {
  return JSON.stringify(parseJson(canonical), null, 2);
}
