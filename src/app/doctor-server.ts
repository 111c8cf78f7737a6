import { z } from "zod";
import type { CheckResult } from "../cli/cli-services.ts";
import type { Config } from "../config.ts";
import { ControlClient } from "./control-client.ts";
import { connectToDesk } from "./desk-connection.ts";
import { readUpstreamSettings } from "./upstream-file.ts";

const servedSchema = z.object({
  kind: z.string(),
  tools: z.int(),
  missing: z.array(z.object({ tool: z.string(), neededBy: z.array(z.string()) })),
});

const REMEDY = "quantwright upstream use vendored";

/** Which server stands behind the QuantConnect tools, and what it lacks, as far as a running desk knows. */
export async function serverCheck(config: Config): Promise<Omit<CheckResult, "name">> {
  const chosen = config.profile === "local" ? undefined : readUpstreamSettings(config).quantconnect;
  const kind = chosen?.kind ?? "vendored";
  const running = await connectToDesk(config, { kind: "cli", channel: "control" });
  if (running === undefined) return { state: "ok", detail: `${kind}; what it lists is known once the desk runs` };
  await using client = new ControlClient(running.socket);
  const served = servedSchema.parse(await client.request("upstream.served"));
  if (served.kind !== kind) {
    const detail = `${kind} is chosen, and the desk runs with ${served.kind} until it starts anew`;
    return { state: "warning", detail, remedy: "quantwright down" };
  }
  if (served.tools === 0)
    return { state: "warning", detail: `${kind} has listed no tools yet`, remedy: "quantwright upstream list" };
  if (served.missing.length === 0) return { state: "ok", detail: `${kind}, ${served.tools} tools` };
  const missing = served.missing.map(({ tool, neededBy }) => `${tool} (needed by ${neededBy.join(", ")})`);
  return { state: "warning", detail: `${kind} does not list ${missing.join("; ")}`, remedy: REMEDY };
}
