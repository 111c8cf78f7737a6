import { z } from "zod";
import { simulationSettingsSchema } from "../../../lean/brokerages/simulated-brokerage.ts";

export const statusSchema = z.enum([
  "InQueue",
  "Initializing",
  "Running",
  "Stopped",
  "Liquidated",
  "RuntimeError",
  "DeployError",
]);

/** What never changes of a deployment. Settings that are secret are no part of it. */
export const termsSchema = z.object({
  deployId: z.string(),
  projectId: z.int(),
  projectName: z.string(),
  compileId: z.string(),
  nodeId: z.string(),
  brokerage: z.enum(["PaperBrokerage", "SimulatedBrokerage"]),
  simulation: simulationSettingsSchema.optional(),
  feed: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("replay"), startUtc: z.int(), endUtc: z.int(), speed: z.number() }),
    z.object({ kind: z.literal("synthetic") }),
  ]),
  parameters: z.record(z.string(), z.string()),
  notifyInsights: z.boolean(),
  notifyOrderEvents: z.boolean(),
  autoRestart: z.boolean(),
});

export type Terms = z.infer<typeof termsSchema>;

export type StoredDeployment = Omit<Terms, "simulation"> & {
  readonly simulation: Terms["simulation"];
  readonly status: z.infer<typeof statusSchema>;
  readonly launched: number;
  readonly stopped: number | undefined;
  readonly error: string | undefined;
  readonly stacktrace: string | undefined;
};

export const pointValuesSchema = z.array(z.number().nullable());

export interface StoredPoint {
  readonly chart: string;
  readonly series: string;
  readonly unit: string;
  readonly index: number;
  readonly seriesType: number;
  readonly values: readonly (number | null)[];
}

export const insightSchema = z.looseObject({ id: z.string() });
export type StoredInsight = z.infer<typeof insightSchema>;

export interface StoredOutput {
  readonly logs?: readonly string[];
  readonly points?: readonly StoredPoint[];
  readonly statistics?: Readonly<Record<string, string>>;
  readonly insights?: readonly StoredInsight[];
}

export interface StoredPage<Item> {
  readonly items: readonly Item[];
  readonly length: number;
}
