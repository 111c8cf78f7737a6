import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { hasSharedLean, openTestPool, SHARED_LEAN } from "../support/sandbox-pool.ts";

const targetsSchema = z.object({
  targets: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      status: z.string(),
      parameters: z.record(z.string(), z.string()),
      dataPoints: z.number(),
      algorithmHistoryDataPoints: z.number(),
      expectedStatistics: z.record(z.string(), z.string()),
    }),
  ),
});
type Target = z.infer<typeof targetsSchema>["targets"][number];

/** Not offered yet: several currencies, universes, framework models. */
const LATER: readonly string[] = [
  "BasicTemplateCryptoAlgorithm",
  "CoarseFundamentalTop3Algorithm",
  "EmaCrossAlphaModelFrameworkRegressionAlgorithm",
];

/** As LEAN's harness compares: texts, with -0 the same as 0. */
function normal(text: string): string {
  return text === "-0" ? "0" : text;
}

describe.skipIf(!hasSharedLean)("LEAN's published results (skipped without ../shared/lean)", () => {
  const pool = openTestPool({ dataFolders: hasSharedLean ? [join(SHARED_LEAN, "data")] : [] });
  afterAll(() => pool[Symbol.asyncDispose]());
  const targets: readonly Target[] = hasSharedLean
    ? targetsSchema.parse(JSON.parse(readFileSync(join(SHARED_LEAN, "targets.json"), "utf8"))).targets
    : [];
  const own = join(SHARED_LEAN, "own");
  const files = hasSharedLean
    ? Object.fromEntries(
        readdirSync(own)
          .filter((name) => name.endsWith(".py"))
          .map((name) => [name, readFileSync(join(own, name), "utf8")]),
      )
    : {};

  it.each(targets.filter(({ name }) => !LATER.includes(name)))(
    "are those of $name, in Python, exactly",
    async (target) => {
      const result = await pool.backtest({
        files,
        entry: target.file.replace("own/", ""),
        // LEAN's harness sets these in every run.
        parameters: { "ema-fast": "10", "ema-slow": "20", ...target.parameters },
      });
      const { OrderListHash: hash, ...statistics } = target.expectedStatistics;
      const shown = Object.keys(statistics).map((key) => [key, normal(result.statistics[key] ?? "missing")]);
      const wanted = Object.entries(statistics).map(([key, text]) => [key, normal(text)]);
      expect(result.error).toBeUndefined();
      expect({ name: result.name, status: result.status }).toEqual({ name: target.name, status: target.status });
      expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(wanted));
      expect(result.orderListHash).toBe(hash);
      // An expected -1 is not compared.
      const compared = [target.dataPoints, target.algorithmHistoryDataPoints];
      const counted = [result.dataPoints, result.algorithmHistoryDataPoints];
      expect(counted.map((count, place) => (compared[place] === -1 ? -1 : count))).toEqual(compared);
    },
  );
});
