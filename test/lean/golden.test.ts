import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../src/lean/algorithm/qc-algorithm.ts";
import { runBacktest } from "../../src/lean/run-backtest.ts";
import type { Strategy } from "../../src/lean/strategy.ts";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { SHARED_DATA, comparable, hasSharedLean, leanTarget } from "../support/lean-targets.ts";
import { basicTemplate, basicTemplateDaily } from "./strategies/basic-template.ts";
import { macdTrend } from "./strategies/macd-trend.ts";
import { multipleTargets } from "./strategies/multiple-targets.ts";
import * as small from "./strategies/small-strategies.ts";
import { OrderTicketDemo } from "./strategies/order-ticket-demo.ts";

const STRATEGIES: Readonly<Record<string, (algorithm: QcAlgorithm) => Strategy>> = {
  BasicTemplateAlgorithm: basicTemplate,
  BasicTemplateDailyAlgorithm: basicTemplateDaily,
  OrderTicketDemoAlgorithm: (algorithm) => new OrderTicketDemo(algorithm),
  MACDTrendAlgorithm: macdTrend,
  SetHoldingsMultipleTargetsRegressionAlgorithm: multipleTargets,
  SetHoldingsLiquidateExistingHoldingsMultipleTargetsRegressionAlgorithm: (algorithm) =>
    multipleTargets(algorithm, true),
  ParameterizedAlgorithm: small.parameterized,
  NamedArgumentsRegression: basicTemplateDaily,
  OnWarmupFinishedNoWarmup: small.warmupFinished,
  HourSplitRegressionAlgorithm: small.hourSplit,
  CompleteOrderTagUpdateAlgorithm: small.completeOrderTagUpdate,
  CanLiquidateWithOrderPropertiesRegressionAlgorithm: small.liquidateWithProperties,
  MarketOnCloseOrderBufferRegressionAlgorithm: small.marketOnCloseBuffer,
  LimitFillRegressionAlgorithm: small.limitFill,
  StringToSymbolImplicitConversionRegressionAlgorithm: small.stringToSymbol,
  ZeroedBenchmarkRegressionAlgorithm: small.zeroedBenchmark,
  ClassicRenkoConsolidatorAlgorithm: small.classicRenko,
  DelistingEventsAlgorithm: small.delistingEvents,
  GetParameterRegressionAlgorithm: small.quitAtOnce,
};

describe.skipIf(!hasSharedLean)("LEAN's published values (skipped without ../shared/lean)", () => {
  for (const [name, createStrategy] of Object.entries(STRATEGIES)) {
    it(`are matched exactly by ${name}`, () => {
      const target = leanTarget(name);
      const result = runBacktest({
        createStrategy,
        algorithmName: name,
        data: openDataFolder([SHARED_DATA]),
        parameters: { "ema-fast": "10", "ema-slow": "20", ...target.parameters },
        engineVersion: "test",
      });
      expect(result.error).toBeUndefined();
      const { wanted, got } = comparable(target, result);
      expect(got).toEqual(wanted);
    });
  }
});
