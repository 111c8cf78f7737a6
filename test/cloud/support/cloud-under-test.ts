import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { loadLibrary } from "../../../src/app/load-library.ts";
import { type Cloud, createCloud } from "../../../src/cloud/cloud.ts";
import type { FaultPlan } from "../../../src/cloud/faults/fault-rule.ts";
import { DEFAULT_SETTINGS } from "../../../src/cloud/default-settings.ts";
import type { LiveSandboxes } from "../../../src/lean/live/live-ports.ts";
import type { CloudSettings, JobRunner } from "../../../src/cloud/ports.ts";
import { serveCloud } from "../../../src/cloud/serve-cloud.ts";
import { PaperBroker } from "../../../src/lean/brokerages/paper-broker.ts";
import { SyntheticSource } from "../../../src/lean/data/synthetic/synthetic-source.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";
import { openCloudStore, type OpenCloudStore } from "../../../src/store/cloud/cloud-store.ts";
import { openLiveStore } from "../../../src/store/cloud/live/live-store.ts";
import { scriptedLiveRunner, type ScriptedLiveRunner } from "./scripted-live-runner.ts";
import { type ScriptedRunner, scriptedRunner } from "./scripted-runner.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const USER_ID = "4711";
export const API_TOKEN = "planted-cloud-token-81b3";
export const COLLABORATOR_ID = "c".repeat(32);
export const ORGANIZATION_ID = "5".repeat(32);

/** An envelope; what is in it is looked at by the tests. */
export interface Answer {
  readonly success: boolean;
  readonly errors?: readonly string[];
  readonly [key: string]: unknown;
}

const answerSchema = z.looseObject({ success: z.boolean(), errors: z.array(z.string()).optional() });
const createdProjectSchema = z.looseObject({ projects: z.array(z.looseObject({ projectId: z.int() })).length(1) });
const createdCompileSchema = z.looseObject({ compileId: z.string() });
const createdBacktestSchema = z.looseObject({ backtest: z.looseObject({ backtestId: z.string() }) });

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: "GET" | "POST";
  /** Sent as it is, in place of the JSON of the body. */
  readonly raw?: string;
}

export interface CloudUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly runner: ScriptedRunner;
  readonly liveRunner: ScriptedLiveRunner;
  readonly store: OpenCloudStore;
  readonly logged: readonly string[];
  /** Calls a path and gives the envelope, which is JSON of any shape. */
  call(path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  send(path: string, body?: unknown, options?: CallOptions): Promise<Response>;
  /** Makes a project with this main.py and gives its id. */
  project(main?: string): Promise<number>;
  /** Compiles until it is done and gives the compile id. */
  compile(projectId: number): Promise<string>;
  /** Begins a backtest and gives its id. */
  backtest(projectId: number, parameters?: Record<string, string | number>): Promise<string>;
  /** Reads until a condition holds. */
  until(path: string, body: unknown, done: (answer: Answer) => boolean): Promise<Answer>;
}

export interface CloudOptions {
  readonly settings?: Partial<CloudSettings>;
  /** Folder of an earlier cloud; it is then not removed at the end. */
  readonly folder?: string;
  readonly runner?: ScriptedRunner;
  /** Runs the jobs in place of the scripted runner. */
  readonly jobs?: JobRunner;
  /** Runs live algorithms in place of the scripted one. */
  readonly live?: LiveSandboxes;
  readonly faults?: FaultPlan;
}

/** The real cloud on a real store and a real port; only the sandboxes are scripted. */
export async function startCloud(options: CloudOptions = {}): Promise<CloudUnderTest> {
  const folder = options.folder ?? temporaryFolder();
  const runner = options.runner ?? scriptedRunner();
  const logged: string[] = [];
  const store = await openCloudStore(folder);
  const liveStore = await openLiveStore(folder);
  const liveRunner = scriptedLiveRunner();
  const data = new SyntheticSource(openDataFolder([join(ROOT, "config", "lean-data")]), { seed: 1 });
  const cloud: Cloud = createCloud({
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    live: {
      store: liveStore,
      runner: options.live ?? liveRunner,
      broker: (terms) => new PaperBroker({ ...terms, data }),
    },
    store,
    jobs: options.jobs ?? runner,
    account: { userId: USER_ID, apiToken: API_TOKEN, organizationId: ORGANIZATION_ID },
    clock: { now: () => Date.now() * 1000 },
    ids: { hex32: () => randomUUID().replaceAll("-", "") },
    log: (event, fields) => logged.push(`${event} ${JSON.stringify(fields)}`),
    library: loadLibrary({ packageRoot: ROOT }),
    settings: {
      ...DEFAULT_SETTINGS,
      backtestSlots: 2,
      bodyBytes: 1_000_000,
      mostQueuedBacktests: 50,
      collaborators: [COLLABORATOR_ID],
      engine: { version: "0.1.0", leanCommit: "c".repeat(40) },
      ...options.settings,
    },
  });
  await cloud.start();
  const served = await serveCloud({ app: cloud.app, port: 0, host: "127.0.0.1" });
  return {
    ...client(served.url),
    url: served.url,
    runner,
    liveRunner,
    store,
    logged,
    async [Symbol.asyncDispose]() {
      await served.close();
      await cloud.stop();
      await liveStore[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "quantwright-cloud-"));
}

/** Headers that the cloud accepts. */
export function credentials(stamp = Math.floor(Date.now() / 1000)): Record<string, string> {
  const hash = createHash("sha256").update(`${API_TOKEN}:${stamp}`).digest("hex");
  return { authorization: `Basic ${Buffer.from(`${USER_ID}:${hash}`).toString("base64")}`, timestamp: String(stamp) };
}

type Client = Pick<CloudUnderTest, "call" | "send" | "project" | "compile" | "backtest" | "until">;

function client(url: string): Client {
  const send: Client["send"] = (path, body = {}, { headers = {}, method = "POST", raw } = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...credentials(), ...headers },
      ...(method === "GET" ? {} : { body: raw ?? JSON.stringify(body) }),
    });
  const call: Client["call"] = async (path, body, options) => {
    const response = await send(path, body, options);
    if (response.status !== 200) throw new Error(`${path} answered HTTP ${response.status}: ${await response.text()}`);
    return answerSchema.parse(await response.json()) as Answer;
  };
  const until: Client["until"] = async (path, body, done) => {
    for (let tries = 0; tries < 2000; tries += 1) {
      const answer = await call(path, body);
      if (done(answer)) return answer;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
    throw new Error(`${path} never came to what was awaited`);
  };
  const compile: Client["compile"] = async (projectId) => {
    const { compileId } = createdCompileSchema.parse(await call("/compile/create", { projectId }));
    await until("/compile/read", { projectId, compileId }, ({ state }) => state !== "InQueue");
    return compileId;
  };
  return {
    send,
    call,
    until,
    compile,
    async project(main = "pass") {
      const created = createdProjectSchema.parse(await call("/projects/create", { name: "Test", language: "Py" }));
      const projectId = created.projects[0]?.projectId ?? 0;
      await call("/files/update", { projectId, name: "main.py", content: main });
      return projectId;
    },
    async backtest(projectId, parameters) {
      const compileId = await compile(projectId);
      const body = { projectId, compileId, backtestName: "B", ...(parameters === undefined ? {} : { parameters }) };
      return createdBacktestSchema.parse(await call("/backtests/create", body)).backtest.backtestId;
    },
  };
}
