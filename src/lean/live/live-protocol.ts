import { z } from "zod";
import { chartSchema } from "../backtest-result.ts";
import { brokerEventSchema, utcTime } from "../brokerages/broker-event.ts";
import { brokerAccountSchema, brokerAnswerSchema } from "../brokerages/broker-protocol.ts";
import { subscriptionRefSchema } from "../brokerages/symbol-ref.ts";

/** Most of anything that one output may hold; the rest comes with the next one. */
export const MOST_LOG_LINES = 1000;
export const MOST_INSIGHTS = 1000;
/** Longest value of an object store, in bytes. */
export const MAX_OBJECT_BYTES = 20 * 1024 * 1024;

/** What a live sandbox needs to start, for the first time or again. */
export const liveJobSchema = z.object({
  deployId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  /** Project files by their path in the project. */
  files: z.record(z.string(), z.string()),
  entry: z.string().default("main.py"),
  parameters: z.record(z.string(), z.string()).default({}),
  /** Time of the feed now, and where it ends; UTC microseconds. */
  startUtc: utcTime,
  endUtc: utcTime,
  /** Cash, holdings and open orders, from the broker. */
  account: brokerAccountSchema,
  /** What the broker reads already: holdings of securities that the algorithm does not add take these. */
  subscriptions: z.array(subscriptionRefSchema).default([]),
  /** Value of the account when it was first deployed, for returns. */
  launchEquity: z.string().optional(),
  /** Set after a restart: what happened since the algorithm ended. */
  restart: z.object({ missed: z.array(brokerEventSchema) }).optional(),
  memoryMib: z.int().positive().default(256),
});

export type LiveJob = z.infer<typeof liveJobSchema>;
export type LiveJobInput = z.input<typeof liveJobSchema>;

const bytesText = z.base64().max(Math.ceil((MAX_OBJECT_BYTES * 4) / 3) + 4);

/** A request to the object store; keys are the user's, values travel in base 64. */
export const objectStoreRequestSchema = z.discriminatedUnion("op", [
  z.object({ op: z.literal("read"), key: z.string().max(1024) }),
  z.object({ op: z.literal("save"), key: z.string().max(1024), bytes: bytesText }),
  z.object({ op: z.literal("delete"), key: z.string().max(1024) }),
  z.object({ op: z.literal("contains"), key: z.string().max(1024) }),
  z.object({ op: z.literal("keys") }),
]);

export type ObjectStoreRequest = z.infer<typeof objectStoreRequestSchema>;

export const objectStoreAnswerSchema = z.object({
  /** False where the store refuses: no such key, too large, full. */
  ok: z.boolean(),
  bytes: bytesText.optional(),
  keys: z.array(z.string()).optional(),
  message: z.string().optional(),
});

export type ObjectStoreAnswer = z.infer<typeof objectStoreAnswerSchema>;

/** What a live sandbox is told. */
export const liveRequestSchemas = [
  z.object({ type: z.literal("live-start"), job: liveJobSchema }),
  /** Run everything up to a time; `events` is what the broker did until then. */
  z.object({ type: z.literal("advance"), toUtc: utcTime, events: z.array(brokerEventSchema) }),
  /** The account is this, whatever the algorithm believes. */
  z.object({ type: z.literal("sync"), account: brokerAccountSchema }),
  z.object({ type: z.literal("command"), id: z.string().max(64), payload: z.record(z.string(), z.unknown()) }),
  /** End: the last calls are made. */
  z.object({ type: z.literal("stop") }),
  z.object({ type: z.literal("broker-answer"), answer: brokerAnswerSchema }),
  z.object({ type: z.literal("object-store-answer"), answer: objectStoreAnswerSchema }),
] as const;

/** Points of series that are new since the last output; of the same time as the last known point: it is replaced. */
export const chartDeltaSchema = chartSchema;

export const liveOutputSchema = z.object({
  logs: z.array(z.string().max(4000)).max(MOST_LOG_LINES),
  warnings: z.array(z.object({ code: z.string(), message: z.string().max(4000) })),
  /** By name. */
  charts: z.record(z.string(), chartDeltaSchema),
  /** All of them, where any changed. */
  runtimeStatistics: z.record(z.string(), z.string()).optional(),
  /** Commands for the other live algorithms of the organisation. */
  broadcasts: z.array(z.record(z.string(), z.unknown())).max(100).optional(),
  insights: z.array(z.looseObject({})).max(MOST_INSIGHTS).optional(),
});

export type LiveOutput = z.infer<typeof liveOutputSchema>;

/** Where a live algorithm stands after a message. */
export const livePositionSchema = z.object({
  utc: utcTime,
  /** Cash and holdings as the algorithm believes them, to compare with the broker's. */
  digest: z.string(),
  /** When the algorithm has something to do without new data (a scheduled event); null where nothing. */
  nextUtc: utcTime.nullable(),
});

export type LivePosition = z.infer<typeof livePositionSchema>;

export const commandResultSchema = z.object({
  id: z.string().max(64),
  /** Class of the command: `OrderCommand`, the user's own, or `Command` for a generic one. */
  name: z.string().max(200),
  success: z.boolean(),
  message: z.string().max(4000),
});

export type CommandResult = z.infer<typeof commandResultSchema>;

/** How a live algorithm ended. */
export const liveEndSchema = z.object({
  status: z.enum(["Stopped", "RuntimeError", "Completed"]),
  error: z
    .object({ code: z.string(), message: z.string(), stackTrace: z.string(), remedy: z.string().optional() })
    .optional(),
});

export type LiveEnd = z.infer<typeof liveEndSchema>;

/** What a live sandbox says. The supervisor parses every message with this. */
export const liveReplySchemas = [
  z.object({ type: z.literal("live-started"), name: z.string(), position: livePositionSchema }),
  z.object({ type: z.literal("advanced"), position: livePositionSchema }),
  z.object({ type: z.literal("synced"), position: livePositionSchema }),
  z.object({ type: z.literal("command-result"), result: commandResultSchema }),
  z.object({ type: z.literal("ended"), end: liveEndSchema }),
  z.object({ type: z.literal("output"), output: liveOutputSchema }),
  /** The broker itself refuses what is no request. */
  z.object({ type: z.literal("broker"), request: z.unknown() }),
  z.object({ type: z.literal("object-store"), request: objectStoreRequestSchema }),
] as const;
