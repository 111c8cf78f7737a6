/**
 * `npm run fuzz [-- COUNT [SEED]]`: sends random requests to every endpoint of a real cloud over HTTP. None may be
 * answered with a 5xx, later than five seconds or without an envelope, and stored projects must read back the same.
 */
import * as fc from "fast-check";
import { type CloudUnderTest, credentials, startCloud } from "../test/cloud/support/cloud-under-test.ts";
import { bracketFields, type FuzzRequest, fuzzRequests } from "./fuzz/fuzz-requests.ts";
import { makeWorld, PATHS, readBack } from "./fuzz/fuzz-world.ts";

const AT_ONCE = 8;
const ROUND = 500;
const MOST_MILLISECONDS = 5000;
const CONTROLS = 3;

interface Findings {
  readonly problems: string[];
  readonly counts: Map<string, number>;
  slowest: number;
}

async function fuzz(count: number, seed: number): Promise<Findings> {
  const unlimited = { backtestsPerMinute: 1e9, failedLoginsPerMinute: 1e9, mostOptimizationPoints: 20 };
  await using cloud = await startCloud({ settings: { ...unlimited, mostQueuedBacktests: 1e6 } });
  const controls: number[] = [];
  for (let control = 0; control < CONTROLS; control += 1) controls.push(await finishedProject(cloud));
  const before = await Promise.all(controls.map((projectId) => readBack(cloud, projectId)));
  const findings: Findings = { problems: [], counts: new Map(), slowest: 0 };
  for (let done = 0; done < count; done += ROUND) {
    // What the last round deleted is made anew, so that requests go on to find something.
    const world = await makeWorld(cloud);
    const runs = Math.min(ROUND, count - done);
    const requests = fc.sample(fuzzRequests(world), { numRuns: runs, seed: seed + done });
    for (let at = 0; at < requests.length; at += AT_ONCE) {
      const some = requests
        .slice(at, at + AT_ONCE)
        .filter((request) => !controls.includes(Number(request.body["projectId"])));
      await Promise.all(some.map((request) => send(cloud, request, findings)));
    }
    process.stderr.write(`fuzz: ${done + runs} of ${count}\n`);
  }
  cloud.runner.release();
  const after = await Promise.all(controls.map((projectId) => readBack(cloud, projectId)));
  for (const [index, text] of after.entries()) {
    if (text !== before[index]) findings.problems.push(`project ${controls[index]} reads back differently`);
  }
  findings.problems.push(...cloud.logged.filter((line) => line.includes(".fault")).slice(0, 20));
  return findings;
}

async function finishedProject(cloud: CloudUnderTest): Promise<number> {
  const projectId = await cloud.project();
  const backtestId = await cloud.backtest(projectId);
  await cloud.until("/backtests/read", { projectId, backtestId }, (answer) =>
    JSON.stringify(answer).includes("Completed."),
  );
  return projectId;
}

async function send(cloud: CloudUnderTest, request: FuzzRequest, findings: Findings): Promise<void> {
  const begin = performance.now();
  const label = `${request.path} ${request.encoding} ${JSON.stringify(request.body).slice(0, 300)}`;
  try {
    const response = await fetch(addressOf(cloud, request), {
      ...bodyOf(request),
      redirect: "manual",
      signal: AbortSignal.timeout(MOST_MILLISECONDS),
    });
    const { success } = (await response.json()) as { readonly success?: unknown };
    if (response.status >= 500 || typeof success !== "boolean") {
      findings.problems.push(`HTTP ${response.status}, success ${String(success)}: ${label}`);
    }
    const kind = success === true ? "successes" : "refusals";
    findings.counts.set(kind, (findings.counts.get(kind) ?? 0) + 1);
  } catch (error) {
    findings.problems.push(`${error instanceof Error ? error.message : String(error)}: ${label}`);
  }
  findings.slowest = Math.max(findings.slowest, performance.now() - begin);
}

function addressOf(cloud: CloudUnderTest, { path, body, encoding }: FuzzRequest): string {
  // A query that is too long never reaches the cloud.
  return encoding === "query"
    ? `${cloud.url}${path}?${bracketFields(body).toString().slice(0, 8000)}`
    : `${cloud.url}${path}`;
}

function bodyOf({ body, encoding, raw }: FuzzRequest): RequestInit {
  const headers = credentials();
  if (encoding === "query") return { method: "GET", headers };
  if (encoding === "form") return { method: "POST", headers, body: bracketFields(body) };
  if (encoding === "multipart") {
    const form = new FormData();
    for (const [name, value] of bracketFields(body)) {
      if (name === "objectData") form.append(name, new Blob([value]), "upload");
      else form.append(name, value);
    }
    return { method: "POST", headers, body: form };
  }
  const json = { ...headers, "content-type": "application/json" };
  return { method: "POST", headers: json, body: encoding === "raw" ? raw : JSON.stringify(body) };
}

const [count = 10_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const { problems, counts, slowest } = await fuzz(count, seed);
const shown = [...counts].map(([kind, number]) => `${number} ${kind}`).join(", ");
process.stdout.write(
  `${count} requests to ${PATHS.length} endpoints (seed ${seed}): ${shown}; slowest ${Math.round(slowest)} ms; ${problems.length} problems\n`,
);
for (const problem of problems.slice(0, 50)) process.stdout.write(`  ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
