import { z } from "zod";
import { backtestJobSchema } from "./backtest-job.ts";
import { backtestResultSchema } from "./backtest-result.ts";
import { compileReportSchema } from "./compile-report.ts";
import { liveReplySchemas, liveRequestSchemas } from "./live/live-protocol.ts";

/** Longest message to a sandbox (project files) and from it (a whole result), in bytes. */
export const MAX_REQUEST_BYTES = 32 * 1024 * 1024;
export const MAX_REPLY_BYTES = 128 * 1024 * 1024;

/** What a sandbox process is told, one frame each, the first one being `start` or `snapshot`. */
export const sandboxRequestSchema = z.discriminatedUnion("type", [
  /** Load the interpreter, from the memory snapshot if its file can be used, then lock the process down. */
  z.object({
    type: z.literal("start"),
    pyodideFolder: z.string(),
    pythonFolder: z.string(),
    snapshotFile: z.string().optional(),
    dataFolders: z.array(z.string()),
    /** Where given, prices that the folders lack are made from this seed. */
    syntheticSeed: z.int().optional(),
    /** Folder with such prices that were made before. */
    syntheticCache: z.string().optional(),
    memoryMib: z.int().positive(),
  }),
  /** Write a memory snapshot to `target` and end. */
  z.object({
    type: z.literal("snapshot"),
    pyodideFolder: z.string(),
    pythonFolder: z.string(),
    target: z.string(),
  }),
  z.object({ type: z.literal("compile"), files: z.record(z.string(), z.string()), entry: z.string() }),
  z.object({
    type: z.literal("backtest"),
    job: backtestJobSchema,
    /** Whether the supervisor serves the object store; else there is one in memory. */
    hasObjectStore: z.boolean().default(false),
  }),
  ...liveRequestSchemas,
]);

/** What a sandbox process answers. The parent parses every message with this: a sandbox is never trusted. */
export const sandboxReplySchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), start: z.enum(["snapshot", "cold", "cpython"]), milliseconds: z.number() }),
  z.object({
    type: z.literal("progress"),
    progress: z.object({ fraction: z.number(), date: z.string(), dataPoints: z.number() }),
  }),
  z.object({ type: z.literal("compiled"), report: compileReportSchema }),
  z.object({ type: z.literal("result"), result: backtestResultSchema }),
  z.object({ type: z.literal("written") }),
  ...liveReplySchemas,
  /** The sandbox itself failed: nothing can be said about the user's code. */
  z.object({ type: z.literal("fault"), code: z.string(), message: z.string() }),
]);

export type SandboxRequest = z.infer<typeof sandboxRequestSchema>;
export type SandboxReply = z.infer<typeof sandboxReplySchema>;
