import { Hono } from "hono";
import type { Clock } from "../domain/clock.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { ShippedLibrary } from "./ai/shipped-library.ts";
import { authenticationError, claimedUser } from "./authentication.ts";
import type { Caller, CloudContext } from "./endpoint.ts";
import { createFaultInjector, type FaultInjector } from "./faults/fault-injector.ts";
import type { FaultPlan } from "./faults/fault-rule.ts";
import { faultyAnswer, type SnapshotMemory } from "./faults/faulty-answer.ts";
import { createCloudJobs } from "./jobs/cloud-jobs.ts";
import { createLiveDesk, type LiveDeskParts } from "./live/live-desk.ts";
import { DOWNLOAD_PATH, downloadOf } from "./objects/object-download.ts";
import { objectServer } from "./objects/object-server.ts";
import { createObjectStorage, type ObjectStorage } from "./objects/object-storage.ts";
import type { CloudAccount, CloudIds, CloudLog, CloudSettings, JobRunner } from "./ports.ts";
import type { CloudStore } from "./store-port.ts";
import { createRateWindow, type RateWindow } from "./rate-window.ts";
import { businessError, type Reply } from "./reply.ts";
import { requestInput } from "./request-input.ts";
import { ALL_ENDPOINTS } from "./resources/all-endpoints.ts";

export interface CloudParts {
  readonly store: CloudStore;
  readonly jobs: JobRunner;
  readonly account: CloudAccount;
  readonly clock: Clock;
  readonly ids: CloudIds;
  readonly log: CloudLog;
  readonly settings: CloudSettings;
  readonly library: ShippedLibrary;
  /** What live algorithms need. */
  readonly live: Pick<LiveDeskParts, "store" | "runner" | "broker">;
  /** What goes wrong on demand; nothing where it is not given. */
  readonly faults?: FaultPlan;
}

export interface Cloud {
  readonly app: Hono;
  /** How many live deployments run. */
  readonly liveDeployments: () => number;
  /** Takes up the work that waits. Requests are answered before, too. */
  start(): Promise<void>;
  /** Ends running jobs, which the next start runs again. */
  stop(): Promise<void>;
}

/**
 * The local cloud: QuantConnect's API v2 over a store and a runner of jobs. Business errors are HTTP 200 with
 * `success: false`; only a fault of ours is 500, and only a body that is too long 413.
 */
export function createCloud(parts: CloudParts): Cloud {
  const { store, account, clock, log, settings } = parts;
  const { userId, organizationId } = account;
  const storage = { objects: store.objects, limits: settings.objectLimits, clock };
  const objectsOf = (organization: string): ObjectStorage => createObjectStorage(storage, organization);
  const { ids } = parts;
  const objects = objectServer(objectsOf(organizationId));
  const { backtestSlots } = settings;
  const jobs = createCloudJobs({ store, runner: parts.jobs, objects, clock, ids, log, backtestSlots });
  const live = createLiveDesk({ ...parts.live, clock, ids, log, objects });
  const context: CloudContext = {
    store,
    jobs,
    clock,
    ids: parts.ids,
    settings,
    account: { userId, organizationId },
    objectsOf,
    backtestRate: createRateWindow(clock),
    runner: parts.jobs,
    library: parts.library,
    live,
  };
  const failures = createRateWindow(clock);
  const respond = async (request: Request, path: string): Promise<Response> => {
    try {
      if (path.startsWith(DOWNLOAD_PATH)) {
        const download = await downloadOf(path.slice(DOWNLOAD_PATH.length), { ...storage, storageOf: objectsOf });
        return download ?? jsonResponse(businessError("The download link is unknown or has expired."), 200);
      }
      const { status, outcome } = await answer(request, path, { parts, context, failures });
      return jsonResponse(outcome, status);
    } catch (error) {
      const refusal = foreseen(error);
      log(refusal === undefined ? "request.fault" : "request.refused", { path, message: messageOf(error) });
      if (refusal !== undefined) return jsonResponse(businessError(refusal), 200);
      return jsonResponse(businessError("Internal error of the local cloud; its log says more."), 500);
    }
  };
  const guarded = parts.faults === undefined ? respond : withFaults(respond, createFaultInjector(parts.faults));
  const app = new Hono();
  app.all("*", (hono) => {
    // What the server of Node gives with each request.
    const { outgoing } = hono.env as { readonly outgoing?: { destroy(): void } };
    return guarded(hono.req.raw, normalisedPath(new URL(hono.req.url).pathname), () => outgoing?.destroy());
  });
  return {
    app,
    liveDeployments: () => live.busyNodes().size,
    start: async () => {
      await Promise.all([jobs.start(), live.start()]);
    },
    stop: async () => {
      await Promise.all([jobs.stop(), live.stop()]);
    },
  };
}

type Respond = (request: Request, path: string, drop: () => void) => Promise<Response>;

/** The same answers, but with faults where the plan wants them. */
function withFaults(respond: Respond, injector: FaultInjector): Respond {
  const snapshots: SnapshotMemory = new Map();
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    });
  return async (request, path, drop) => {
    const key = injector.remembers(path) ? `${path} ${await request.clone().text()}` : undefined;
    return faultyAnswer(injector.faultsOf(path), {
      answer: () => respond(request, path, drop),
      drop,
      key,
      snapshots,
      wait,
      errorBody: (text) => JSON.stringify(envelope(businessError(text))),
    });
  };
}

function jsonResponse(outcome: Reply, status: number): Response {
  const location = outcome.ok ? outcome.location : undefined;
  return new Response(JSON.stringify(envelope(outcome)), {
    status: location === undefined ? status : 302,
    headers: { "content-type": "application/json", ...(location === undefined ? {} : { location }) },
  });
}

async function answer(
  request: Request,
  path: string,
  { parts, context, failures }: { parts: CloudParts; context: CloudContext; failures: RateWindow },
): Promise<{ status: 200 | 413; outcome: Reply }> {
  const unauthenticated = refusedLogin(request, parts, failures);
  if (unauthenticated !== undefined) return { status: 200, outcome: businessError(unauthenticated) };
  const endpoint = ALL_ENDPOINTS.get(path);
  if (endpoint === undefined) return { status: 200, outcome: businessError("Endpoint not found") };
  const input = await requestInput(request, context.settings.bodyBytes);
  if (input.kind === "too-large") {
    return { status: 413, outcome: businessError(`The request is longer than ${input.limit} bytes.`) };
  }
  if (input.kind === "undecodable") return { status: 200, outcome: businessError(`Invalid request: ${input.reason}`) };
  return { status: 200, outcome: await endpoint.handle(input.value, context, callerOf(request)) };
}

/** Why a caller is not let in. Who failed too often is not even looked at, so that nobody can try tokens at leisure. */
function refusedLogin(request: Request, parts: CloudParts, failures: RateWindow): string | undefined {
  const claimed = claimedUser(request);
  if (failures.count(claimed) >= parts.settings.failedLoginsPerMinute) {
    return "Too many failed attempts for this user or ip; wait a minute.";
  }
  const error = authenticationError(request, parts.account, parts.clock);
  if (error !== undefined) failures.add(claimed);
  return error;
}

/** Clients write `//path` and trailing slashes; with or without the prefix of the real API. */
function normalisedPath(path: string): string {
  return path
    .replace(/\/{2,}/g, "/")
    .replace(/^\/api\/v2(?=\/)/, "")
    .replace(/(?<=.)\/$/, "");
}

function callerOf(request: Request): Caller {
  return {
    strictStates: (request.headers.get("user-agent") ?? "").startsWith("QuantConnect MCP Server"),
    origin: new URL(request.url).origin,
  };
}

/** A success has no `errors`: QuantConnect's own tests wait until there are none. */
function envelope(outcome: Reply): Record<string, unknown> {
  return outcome.ok ? { ...outcome.body, success: true } : { success: false, errors: outcome.errors };
}

/** What the caller can do something about, though it came as an exception. */
function foreseen(error: unknown): string | undefined {
  if (error instanceof RefusalError) {
    const { message, remedy } = error.refusal;
    return remedy === undefined ? message : `${message}; ${remedy}`;
  }
  const full = /disk is full|ENOSPC|readonly database|EROFS/i.exec(messageOf(error));
  return full === null
    ? undefined
    : `The cloud's store cannot be written (${full[0]}): free disk space or make it writable.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
