import type { CloudSettings } from "./ports.ts";

const MEBIBYTE = 1024 * 1024;

/** Limits of a cloud that nobody has set otherwise. */
export const DEFAULT_SETTINGS: Omit<CloudSettings, "backtestSlots" | "engine"> = {
  bodyBytes: 32 * MEBIBYTE,
  mostQueuedBacktests: 500,
  backtestsPerMinute: 600,
  failedLoginsPerMinute: 60,
  mostOptimizationPoints: 1000,
  collaborators: [],
  liveNodes: 20,
  isSynthetic: false,
  objectLimits: { bytesEach: 32 * MEBIBYTE, bytesInAll: 1024 * MEBIBYTE, count: 10_000 },
};
