import { z } from "zod";

/** An argument that may be left out; null means the same. */
export function optional<T extends z.ZodType>(schema: T): z.ZodDefault<z.ZodNullable<T>> {
  // `.default(null)` is typed for the inner output, of which null is a member after `.nullable()`.
  return schema.nullable().default(null as never);
}

export const projectId = z.int().describe("Id of the project.");
export const organizationId = z.string().describe("Id of the organisation (32 hex digits); read_account gives it.");
export const backtestId = z.string().describe("Id of the backtest (32 hex digits).");
export const language = z.enum(["C#", "Py"]).describe("Programming language.");
export const codeSourceId = z
  .string()
  .describe("Name under which the project's edit lock is held; the same in lock, read and edit.");

/** The lock name that is used where the caller gives none, so that lock, read and edit agree. */
export const DEFAULT_CODE_SOURCE = { codeSourceId: "MCP Server" } as const;

export const sourceFiles = z
  .array(z.object({ name: optional(z.string()), content: optional(z.string()) }))
  .describe("Source files.");
