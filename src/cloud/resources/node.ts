import { createHash } from "node:crypto";
import { z } from "zod";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, wholeNumber } from "../input-fields.ts";
import type { Deployment } from "../live/deployment.ts";
import type { CloudProject } from "../ports.ts";
import { businessError, type ReplyBody, reply } from "../reply.ts";
import { withProject } from "./found-project.ts";

const KINDS = ["backtest", "research", "live"] as const;
type Kind = (typeof KINDS)[number];

interface NodeSeat {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly index: number;
}

const updateSchema = z.object({
  projectId: wholeNumber,
  // A form carries a list as a map when its keys have gaps; an empty one as an empty text.
  nodes: absent(z.union([z.array(z.string()), z.literal("").transform(() => [])])),
});

export const nodeEndpoints: Endpoints = {
  "/projects/nodes/read": endpoint(z.object({ projectId: wholeNumber }), ({ projectId }, context) =>
    withProject(projectId, context, async (project) => reply(await nodesBody(project.nodes, context))),
  ),

  "/projects/nodes/update": endpoint(updateSchema, ({ projectId, nodes = [] }, context) =>
    withProject(projectId, context, async () => {
      const known = new Set(seats(context).map(({ id }) => id));
      const unknown = nodes.filter((id) => !known.has(id));
      if (unknown.length > 0) return businessError(`Node not found: ${unknown.join(", ")}`);
      await context.store.projects.update(projectId, { nodes }, context.clock.now());
      return reply(await nodesBody(nodes, context));
    }),
  ),
};

/** The nodes by kind, as lean-cli reads them: not those of a project. */
export const allNodeEndpoints: Endpoints = {
  "/nodes/read": endpoint(z.object({ organizationId: z.string() }), async ({ organizationId }, context) => {
    if (organizationId !== context.account.organizationId) {
      return businessError(`Organization not found: ${organizationId}`);
    }
    return reply((await nodesBody([], context)).nodes);
  }),
};

/** A backtest node is a slot in which one backtest runs. Research and live ones are seats for what comes to them. */
function seats({ settings }: Pick<CloudContext, "settings">): NodeSeat[] {
  const counts: Readonly<Record<Kind, number>> = {
    backtest: Math.max(2, settings.backtestSlots),
    research: 2,
    live: settings.liveNodes,
  };
  return KINDS.flatMap((kind) =>
    Array.from({ length: counts[kind] }, (_, index) => {
      const digits = createHash("sha256").update(`${kind} node ${index}`).digest("hex").slice(0, 32);
      const prefix = kind === "live" ? "LN-" : kind === "research" ? "RN-" : "BN-";
      return { kind, index, id: prefix + digits, name: `Local ${kind} node ${index + 1}` };
    }),
  );
}

/** The nodes that live algorithms run on. */
export function liveSeats(context: Pick<CloudContext, "settings">): readonly Pick<NodeSeat, "id" | "name">[] {
  return seats(context).filter(({ kind }) => kind === "live");
}

async function nodesBody(
  chosen: CloudProject["nodes"],
  context: CloudContext,
): Promise<{ readonly nodes: Readonly<Record<Kind, readonly unknown[]>>; readonly autoSelectNode: boolean }> {
  const { running } = await context.store.backtests.counts();
  const live = context.live.busyNodes();
  const all = seats(context).map((seat) => nodeBody(seat, { running, chosen, user: live.get(seat.id) }));
  const of = (kind: Kind): unknown[] => all.filter((node) => node.kind === kind).map(({ body }) => body);
  return {
    nodes: { backtest: of("backtest"), research: of("research"), live: of("live") },
    autoSelectNode: chosen.length === 0,
  };
}

function nodeBody(
  { id, name, kind, index }: NodeSeat,
  { running, chosen, user }: { running: number; chosen: readonly string[]; user: Deployment | undefined },
): { kind: Kind; body: ReplyBody } {
  const busy = user !== undefined || (kind === "backtest" && index < running);
  const body = {
    id,
    name,
    sku: `local-${kind}`,
    description: "One slot of this machine",
    speed: 1,
    cpu: 1,
    ram: 1,
    assets: 0,
    host: "local",
    price: { monthly: 0, yearly: 0 },
    hasGpu: 0,
    active: chosen.includes(id),
    busy,
    usedBy: "",
    userProfile: "",
    projectName: user?.projectName ?? "",
    projectId: user?.projectId ?? null,
  };
  return { kind, body };
}
