import type { Endpoint } from "../endpoint.ts";
import { aiEndpoints } from "./ai.ts";
import { accountEndpoints } from "./account.ts";
import { backtestEndpoints } from "./backtest.ts";
import { backtestResultEndpoints } from "./backtest-results.ts";
import { collaborationEndpoints } from "./collaboration.ts";
import { compileEndpoints } from "./compile.ts";
import { fileEndpoints } from "./file.ts";
import { leanVersionEndpoints } from "./lean-version.ts";
import { liveCommandEndpoints } from "./live-command.ts";
import { liveResultEndpoints } from "./live-results.ts";
import { liveEndpoints } from "./live.ts";
import { allNodeEndpoints, nodeEndpoints } from "./node.ts";
import { objectEndpoints } from "./object.ts";
import { optimizationEndpoints } from "./optimization.ts";
import { organizationEndpoints } from "./organization.ts";
import { projectEndpoints } from "./project.ts";
import { quantwrightAccountEndpoints } from "./quantwright-account.ts";

/** Every path that is answered, without prefix. */
export const ALL_ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  [
    accountEndpoints,
    projectEndpoints,
    collaborationEndpoints,
    nodeEndpoints,
    allNodeEndpoints,
    fileEndpoints,
    compileEndpoints,
    backtestEndpoints,
    backtestResultEndpoints,
    optimizationEndpoints,
    objectEndpoints,
    organizationEndpoints,
    leanVersionEndpoints,
    aiEndpoints,
    liveEndpoints,
    liveResultEndpoints,
    liveCommandEndpoints,
    quantwrightAccountEndpoints,
  ].flatMap((endpoints) => Object.entries(endpoints)),
);
