import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "vendor/*/test/**/*.test.ts"],
    globalSetup: ["test/support/build-once.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Most tests of whole processes wait: more of them than cores.
    maxWorkers: 3,
    reporters: ["default", "./test/support/plain-summary.ts"],
  },
});
