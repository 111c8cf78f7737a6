import { compileReportSchema } from "../lean/compile-report.ts";
import type { CompileReport } from "../lean/compile-report.ts";
import type { PythonRuntime } from "./python-runtime.ts";

/** Checks a project without running it: syntax, imports, names that the facade does not offer, the algorithm's class. */
export function compileProject(
  runtime: PythonRuntime,
  files: Readonly<Record<string, string>>,
  entry: string,
): CompileReport {
  return compileReportSchema.parse(JSON.parse(runtime.check(JSON.stringify(files), entry)));
}
