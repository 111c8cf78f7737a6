import { z } from "zod";
import type { MeasuredPoints } from "./compute/actual-compute.ts";
import type { Point } from "./search-points.ts";

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** PHP says `[]` where nothing is in a map. */
const emptyList = z.array(z.unknown()).transform(() => ({}));
const backtestSchema = z.looseObject({
  id: z.string().nullish(),
  progress: z.number().nullish(),
  parameterSet: z.union([z.record(z.string(), text), emptyList]).nullish(),
});
/** What it took, where it is said. */
const statisticsSchema = z.looseObject({
  Completed: z.coerce.number().int().min(0).max(1e6),
  Failed: z.coerce.number().int().min(0).max(1e6),
  "Average Length": z.string().regex(/^\d{1,3}:\d\d:\d\d(?:\.\d+)?$/),
});
const readSchema = z.looseObject({
  optimization: z.looseObject({
    status: z.string(),
    backtests: z.union([z.record(z.string(), backtestSchema), emptyList]),
    runtimeStatistics: statisticsSchema.nullish().catch(null),
  }),
});
const createdSchema = z.looseObject({
  optimizations: z.tuple([z.looseObject({ optimizationId: z.string().min(1) })]).rest(z.unknown()),
});
const listSchema = z.looseObject({
  optimizations: z.array(
    z.looseObject({ optimizationId: z.string(), name: z.string().nullish(), created: z.string().nullish() }),
  ),
});

/** What `read_optimization` says of an optimisation. */
export interface SeenOptimization {
  /** No more points will come. */
  readonly over: boolean;
  readonly aborted: boolean;
  /** What its points took, where the cloud says it. */
  readonly took: MeasuredPoints | undefined;
  readonly points: readonly { readonly backtestId: string; readonly parameters: Point; readonly ended: boolean }[];
}

export type ListedOptimizations = z.infer<typeof listSchema>["optimizations"];

/** An answer of `read_optimization`, or undefined where it is none that we understand. */
export function seenOptimization(body: unknown): SeenOptimization | undefined {
  const parsed = readSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { status, backtests, runtimeStatistics } = parsed.data.optimization;
  const aborted = status === "aborted";
  const points = Object.entries(backtests as Record<string, z.infer<typeof backtestSchema>>).map(([key, point]) => ({
    backtestId: point.id ?? key,
    parameters: point.parameterSet ?? {},
    // Where nothing is said about progress, only reading tells.
    ended: (point.progress ?? 1) >= 1,
  }));
  return { over: aborted || status === "completed", aborted, points, took: tookOf(runtimeStatistics) };
}

function tookOf(statistics: z.infer<typeof statisticsSchema> | null | undefined): MeasuredPoints | undefined {
  if (statistics === null || statistics === undefined) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = statistics["Average Length"].split(":").map(Number);
  const averageMilliseconds = Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000);
  return { ended: statistics.Completed + statistics.Failed, averageMilliseconds };
}

/** The id that `create_optimization` gave out, or undefined. */
export function createdOptimization(body: unknown): string | undefined {
  const parsed = createdSchema.safeParse(body);
  return parsed.success ? parsed.data.optimizations[0].optimizationId : undefined;
}

export function listedOptimizations(body: unknown): ListedOptimizations | undefined {
  const parsed = listSchema.safeParse(body);
  return parsed.success ? parsed.data.optimizations : undefined;
}
