import { z } from "zod";

/** One finding of the compiler: where, what is wrong, and what to do about it. Lines and columns are 1-based. */
export const compileDiagnosticSchema = z.object({
  severity: z.enum(["error", "warning"]),
  /** Stable, for example `SYNTAX_ERROR`, `UNSUPPORTED_IMPORT`, `UNSUPPORTED_NAME`. */
  code: z.string(),
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1),
  message: z.string(),
  remedy: z.string().optional(),
});

/** What compiling a project gave: `ok` is true when no diagnostic is an error. */
export const compileReportSchema = z.object({
  ok: z.boolean(),
  diagnostics: z.array(compileDiagnosticSchema),
});

export type CompileDiagnostic = z.infer<typeof compileDiagnosticSchema>;
export type CompileReport = z.infer<typeof compileReportSchema>;
