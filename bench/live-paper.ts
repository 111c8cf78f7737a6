import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { type E2eCloud, startE2eCloud } from "../test/support/e2e-cloud.ts";
import { familyOf } from "../test/support/e2e-processes.ts";
import { type Log, type Measurement, timed } from "./figure.ts";

const ALGORITHMS = 20;
const SECONDS = 60;
const MEBIBYTE = 1024 * 1024;
const PAGE = 4096;

/** Counts its bars and the seconds between them that were not one. */
const STRATEGY = `from AlgorithmImports import *


class Counter(QCAlgorithm):
    def initialize(self):
        self.set_cash(100000)
        self.symbol = self.add_crypto("BTCUSD", Resolution.SECOND).symbol
        self.bars = self.gaps = 0
        self.last = None

    def on_data(self, data):
        if self.symbol not in data.bars:
            return
        time = data.bars[self.symbol].end_time
        if self.last is not None and time - self.last != timedelta(seconds=1):
            self.gaps += 1
        self.last = time
        self.bars += 1
        self.set_runtime_statistic("Bars", str(self.bars))
        self.set_runtime_statistic("Gaps", str(self.gaps))
        self.set_runtime_statistic("Last", str(self.last))
`;

const liveSchema = z.looseObject({
  status: z.string(),
  message: z.string().default(""),
  runtimeStatistics: z.record(z.string(), z.string()),
});

/** Twenty paper algorithms on bars of a second: whether they miss any, what they take, and how they come back. */
export async function measureLivePaper(log: Log): Promise<Measurement> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "quantwright-bench-live-"));
  const projects: number[] = [];
  let counts: Counts;
  let mebibytes: number;
  {
    const cloud = await startE2eCloud({ folder: folder.path });
    log(`deploying ${ALGORITHMS} paper algorithms`);
    for (let number = 0; number < ALGORITHMS; number += 1) projects.push(await deploy(cloud, number));
    await untilRunning(cloud, projects);
    const before = await bars(cloud, projects);
    log(`letting them run for ${SECONDS} s`);
    await delay(SECONDS * 1000);
    counts = difference(await bars(cloud, projects), before);
    mebibytes = residentMebibytes(cloud.pid);
    process.kill(cloud.pid, "SIGKILL");
    await delay(500);
  }
  log("starting the cloud again after a kill");
  const { value: again, seconds } = await timed(async () => {
    const cloud = await startE2eCloud({ folder: folder.path });
    await untilRunning(cloud, projects);
    return cloud;
  });
  await again[Symbol.asyncDispose]();
  return {
    title: `${ALGORITHMS} live paper algorithms on bars of a second (BTCUSD, synthetic)`,
    figures: [
      { name: `fewest bars in ${SECONDS} s`, value: counts.fewest, unit: "", goal: `≥ ${SECONDS - 1}` },
      { name: "bars missed by any", value: counts.gaps, unit: "", goal: "0" },
      { name: "greatest age of a last bar", value: counts.oldestSeconds, unit: "s" },
      { name: "memory of the cloud with all sandboxes", value: mebibytes, unit: "MiB" },
      { name: "all running again after kill -9", value: seconds, unit: "s", goal: "< 10" },
    ],
  };
}

interface Counts {
  readonly fewest: number;
  readonly gaps: number;
  readonly oldestSeconds: number;
}

interface Seen {
  readonly bars: number;
  readonly gaps: number;
  readonly ageSeconds: number;
}

function difference(after: readonly Seen[], before: readonly Seen[]): Counts {
  return {
    fewest: Math.min(...after.map((seen, at) => seen.bars - (before[at]?.bars ?? 0))),
    gaps: after.reduce((sum, { gaps }) => sum + gaps, 0),
    oldestSeconds: Math.max(...after.map(({ ageSeconds }) => ageSeconds)),
  };
}

async function bars(cloud: E2eCloud, projects: readonly number[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const projectId of projects) {
    const { runtimeStatistics } = liveSchema.parse(await call(cloud, "live/read", { projectId }));
    const last = Date.parse(`${(runtimeStatistics["Last"] ?? "").replace(" ", "T")}Z`);
    seen.push({
      bars: Number(runtimeStatistics["Bars"] ?? 0),
      gaps: Number(runtimeStatistics["Gaps"] ?? 0),
      ageSeconds: (Date.now() - last) / 1000,
    });
  }
  return seen;
}

async function deploy(cloud: E2eCloud, number: number): Promise<number> {
  const created = await call(cloud, "projects/create", { name: `Paper ${number}`, language: "Py" });
  const { projectId } = z.array(z.looseObject({ projectId: z.int() })).parse(created["projects"])[0] ?? {
    projectId: 0,
  };
  await call(cloud, "files/update", { projectId, name: "main.py", content: STRATEGY });
  const compile = await call(cloud, "compile/create", { projectId });
  for (;;) {
    const { state } = await call(cloud, "compile/read", { projectId, compileId: compile["compileId"] });
    if (state === "BuildSuccess") break;
    if (state === "BuildError") throw new Error("the strategy does not compile");
    await delay(50);
  }
  const read = z
    .looseObject({ nodes: z.looseObject({ live: z.array(z.looseObject({ id: z.string(), busy: z.boolean() })) }) })
    .parse(await call(cloud, "projects/nodes/read", { projectId }));
  await call(cloud, "live/create", {
    projectId,
    compileId: compile["compileId"],
    nodeId: read.nodes.live.find(({ busy }) => !busy)?.id,
    versionId: "-1",
    brokerage: { id: "QuantConnectBrokerage" },
  });
  return projectId;
}

async function untilRunning(cloud: E2eCloud, projects: readonly number[]): Promise<void> {
  for (const projectId of projects) {
    for (;;) {
      const { status, message } = liveSchema.parse(await call(cloud, "live/read", { projectId }));
      if (status === "Running") break;
      if (!["InQueue", "LoggingIn", "Initializing"].includes(status))
        throw new Error(`project ${projectId}: ${status} ${message}`);
      await delay(50);
    }
  }
}

async function call(cloud: E2eCloud, path: string, body: object): Promise<Record<string, unknown>> {
  const stamp = String(Math.floor(Date.now() / 1000));
  const hash = createHash("sha256").update(`${cloud.token}:${stamp}`).digest("hex");
  const response = await fetch(`${cloud.url}/${path}`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`1:${hash}`).toString("base64")}`,
      timestamp: stamp,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  const answer = z.looseObject({ success: z.boolean() }).parse(await response.json());
  if (!answer.success) throw new Error(`${path}: ${JSON.stringify(answer["errors"])}`);
  return answer;
}

/** Resident memory of a process and all below it; shared pages count for each. */
function residentMebibytes(pid: number): number {
  const pages = familyOf(pid).map((one) => {
    try {
      return Number(readFileSync(`/proc/${one.pid}/statm`, "utf8").split(" ")[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return (pages.reduce((sum, count) => sum + count, 0) * PAGE) / MEBIBYTE;
}
