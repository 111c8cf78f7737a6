import type { Endpoint } from "../endpoint.ts";
import { accountEndpoints } from "./account.ts";
import { backtestEndpoints } from "./backtest.ts";
import { backtestResultEndpoints } from "./backtest-results.ts";
import { compileEndpoints } from "./compile.ts";
import { fileEndpoints } from "./file.ts";
import { leanVersionEndpoints } from "./lean-version.ts";
import { nodeEndpoints } from "./node.ts";
import { projectEndpoints } from "./project.ts";

/** Every path that is answered, without prefix. */
export const ALL_ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  [
    accountEndpoints,
    projectEndpoints,
    nodeEndpoints,
    fileEndpoints,
    compileEndpoints,
    backtestEndpoints,
    backtestResultEndpoints,
    leanVersionEndpoints,
  ].flatMap((endpoints) => Object.entries(endpoints)),
);
