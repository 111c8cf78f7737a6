import type { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import type { CloudJobs } from "./jobs/cloud-jobs.ts";
import type { ShippedLibrary } from "./ai/shipped-library.ts";
import type { LiveDesk } from "./live/live-desk.ts";
import type { CloudAccount, CloudIds, CloudSettings, JobRunner } from "./ports.ts";
import type { CloudStore } from "./store-port.ts";
import type { ObjectStorage } from "./objects/object-storage.ts";
import type { RateWindow } from "./rate-window.ts";
import type { Reply } from "./reply.ts";

/** What every endpoint works with. */
export interface CloudContext {
  readonly store: CloudStore;
  readonly jobs: CloudJobs;
  readonly account: Omit<CloudAccount, "apiToken">;
  readonly clock: Clock;
  readonly ids: CloudIds;
  readonly settings: CloudSettings;
  readonly objectsOf: (organizationId: string) => ObjectStorage;
  /** Backtests that were asked for in the last minute. */
  readonly backtestRate: RateWindow;
  /** For short looks at code that no record is kept of. */
  readonly runner: JobRunner;
  readonly library: ShippedLibrary;
  readonly live: LiveDesk;
}

/** Who asks, as far as the answer depends on it. */
export interface Caller {
  /** QuantConnect's own MCP server refuses the states of a running backtest. */
  readonly strictStates: boolean;
  /** Where the caller reaches this cloud, such as `http://127.0.0.1:5612`. */
  readonly origin: string;
}

/** One path of the API, with its input not yet checked. */
export interface Endpoint {
  /** What it takes; for those who want to try it, such as a fuzzer. */
  readonly schema: z.ZodType;
  handle(input: unknown, context: CloudContext, caller: Caller): Promise<Reply>;
}

export type Endpoints = Readonly<Record<string, Endpoint>>;

/** Joins the schema of an input with the function that answers it; a bad input is a business error. */
export function endpoint<Schema extends z.ZodType>(
  schema: Schema,
  answer: (input: z.output<Schema>, context: CloudContext, caller: Caller) => Promise<Reply> | Reply,
): Endpoint {
  return {
    schema,
    async handle(input, context, caller) {
      const parsed = schema.safeParse(input);
      if (!parsed.success) return { ok: false, errors: parsed.error.issues.map(issueText) };
      return answer(parsed.data, context, caller);
    },
  };
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? `Invalid argument: ${message}` : `Invalid argument ${path.join(".")}: ${message}`;
}
