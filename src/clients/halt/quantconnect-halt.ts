import { z } from "zod";
import { LEAST_POLL_MILLISECONDS } from "../../domain/poll-interval.ts";
import { postToCloud, type CloudApi } from "../accounts/cloud-api.ts";
import type { HaltedAccount, HaltTarget } from "./halt-target.ts";

/** QuantConnect's snapshots do not say their age; this is the greatest that was seen. */
const SNAPSHOT_SECONDS = 600;
/** LEAN's `OrderStatus` of orders that may still fill. */
const WORKING = new Set([0, 1, 2, 8, 9]);
const ENDED = new Set(["Stopped", "Liquidated", "Deleted", "Completed", "RuntimeError", "DeployError", "Invalid"]);
const MOST_ORDERS = 1000;

const liveSchema = z.looseObject({
  live: z.array(z.looseObject({ projectId: z.int(), deployId: z.string(), status: z.string().optional() })),
});
const ordersSchema = z.looseObject({ orders: z.array(z.looseObject({ id: z.int(), status: z.int() })) });
const portfolioSchema = z.looseObject({
  portfolio: z.looseObject({ holdings: z.record(z.string(), z.looseObject({ q: z.number() })) }),
});

/**
 * QuantConnect: tells the twins to reduce only, sends cancellations as commands, liquidates by the API's own call. What
 * is known of an account comes from snapshots that are minutes old, so an algorithm that still runs is never called
 * flat; one that has ended liquidated is.
 */
export function quantconnectHalt(api: CloudApi): HaltTarget {
  const post = (path: string, body: Readonly<Record<string, unknown>>): Promise<unknown> =>
    postToCloud(api, path, body);
  const deployments = async (deployId: string | undefined): Promise<z.output<typeof liveSchema>["live"]> => {
    const { live } = liveSchema.parse(await post("/live/list", {}));
    return live.filter((one) => deployId === undefined || one.deployId === deployId);
  };
  const workingOrders = async (projectId: number): Promise<number[]> => {
    const { orders } = ordersSchema.parse(await post("/live/orders/read", { projectId, start: 0, end: MOST_ORDERS }));
    return orders.filter(({ status }) => WORKING.has(status)).map(({ id }) => id);
  };
  const seen = async (one: {
    readonly projectId: number;
    readonly deployId: string;
    readonly status?: string | undefined;
  }): Promise<HaltedAccount> => {
    const { projectId, deployId, status = "" } = one;
    const { portfolio } = portfolioSchema.parse(await post("/live/portfolio/read", { projectId }));
    const positions = Object.values(portfolio.holdings).filter(({ q }) => q !== 0).length;
    const working = await workingOrders(projectId);
    const ageSeconds = status === "Liquidated" ? 0 : SNAPSHOT_SECONDS;
    return { projectId, deployId, sighting: { workingOrders: working.length, positions, nextOpen: null, ageSeconds } };
  };
  const command = (projectId: number, fields: Readonly<Record<string, unknown>>): Promise<unknown> =>
    post("/live/commands/create", { projectId, command: fields });
  return {
    name: "QuantConnect",
    pollMilliseconds: LEAST_POLL_MILLISECONDS.quantconnect,
    async halt(deployId, flatten) {
      const running = (await deployments(deployId)).filter(({ status }) => status === undefined || !ENDED.has(status));
      for (const { projectId } of running) {
        await command(projectId, { $type: "QuantwrightControl", reduce_only: true });
        for (const OrderId of await workingOrders(projectId)) {
          await command(projectId, { $type: "CancelOrderCommand", OrderId });
        }
        if (flatten) await post("/live/update/liquidate", { projectId });
      }
      return Promise.all(running.map(seen));
    },
    look: async (deployId) => Promise.all((await deployments(deployId)).map(seen)),
    // Liquidating ends the algorithm there.
    stop: () => Promise.resolve(),
    async rearm(deployId) {
      for (const { projectId, status } of await deployments(deployId)) {
        if (status !== undefined && ENDED.has(status)) continue;
        await command(projectId, { $type: "QuantwrightControl", reduce_only: false });
      }
    },
  };
}
