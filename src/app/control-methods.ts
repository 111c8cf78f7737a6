import { z } from "zod";
import { shownState } from "../domain/run.ts";
import { TOOLSETS } from "../gateway/tool.ts";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import { approvalMethods, approvalsState } from "./approval-methods.ts";
import type { DoorParts } from "./desk-doors.ts";
import type { DeskHttpDoor } from "./desk-http-door.ts";
import { quantconnectCredentials } from "./credentials.ts";
import { haltMethods, haltStatus } from "./halt/halt-methods.ts";
import { auditMethods } from "./audit-methods.ts";
import { lintMethods } from "./lint-methods.ts";
import { recordMethods } from "./record-methods.ts";
import { upstreamMethods } from "./upstream-methods.ts";

const nothing = z.object({});
const toolset = z.enum(TOOLSETS).default("desk");

/** What the shell can ask of the desk. Tool calls pass the gateway as principal `cli`. */
export function controlMethods(
  parts: DoorParts & { readonly http: DeskHttpDoor },
): Readonly<Record<string, ControlMethod>> {
  const { config, core, vault, cloud, http, end } = parts;
  return {
    ...approvalMethods(parts),
    ...auditMethods(parts),
    ...lintMethods(parts),
    ...recordMethods(parts),
    ...upstreamMethods(core),
    ...haltMethods(core.controls.halt),
    status: controlMethod(nothing, async () => ({
      version: config.version,
      pid: process.pid,
      guardianPid: core.guardianPid,
      profile: config.profile,
      dataDir: config.dataDir,
      startedAt: core.startedAt,
      memoryBytes: process.memoryUsage.rss(),
      vault: { kind: vault.kind, notice: vault.notice ?? null },
      credentials: (await quantconnectCredentials(config, vault))?.from ?? null,
      cloud: (await cloud?.state()) ?? null,
      http: http.state,
      upstreams: core.upstreams.status(),
      runs: (await core.runs.list(5)).map((run) => {
        const { id, title, progress } = run;
        return { id, title, state: shownState(run), progress };
      }),
      ...(await core.counts()),
      approvals: await approvalsState(core.controls),
      ...haltStatus(core.controls.halt),
    })),
    down: controlMethod(z.object({ onlyIfIdle: z.boolean().default(false) }), async ({ onlyIfIdle }) => {
      const busy = (await core.runs.list(50)).filter(({ state }) => state === "running" || state === "queued").length;
      const stopping = !onlyIfIdle || busy === 0;
      // The answer must leave before the socket closes.
      if (stopping) setTimeout(end, 50);
      return { stopping, busy, pid: process.pid };
    }),
    "http.open": controlMethod(
      z.object({ port: z.int().min(0).max(65_535), host: z.string().min(1).max(255) }),
      async (address) => ({ url: await http.open(address) }),
    ),
    "http.keys-changed": controlMethod(nothing, async () => {
      await http.forgetRemoved();
      return {};
    }),
    // A desk that was made for one program ends with it, however that program ends: its stream closes.
    "ends-with-me": controlMethod(
      nothing,
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve(end()), { once: true });
        }),
    ),
    "tools.list": controlMethod(z.object({ toolset }), (params) =>
      Promise.resolve(
        core.registry.list(params.toolset).map(({ name, title, description, annotations, inputSchema }) => ({
          name,
          title,
          description,
          annotations,
          inputSchema,
        })),
      ),
    ),
    "tools.call": controlMethod(
      z.object({ name: z.string(), arguments: z.unknown(), toolset: z.enum(TOOLSETS).default("full") }),
      async (params, { signal, emit }) => {
        const answer = await core.gateway.call({
          principal: "cli",
          tool: params.name,
          arguments: params.arguments ?? {},
          toolset: params.toolset,
          signal,
          onProgress: emit,
        });
        return { result: answer.result, refusal: answer.refusal ?? null, callId: answer.callId };
      },
    ),
  };
}
