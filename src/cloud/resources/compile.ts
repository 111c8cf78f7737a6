import { createHash } from "node:crypto";
import { z } from "zod";
import type { CompileDiagnostic, CompileReport } from "../../lean/compile-report.ts";
import { endpoint, type Endpoints } from "../endpoint.ts";
import { filledText, wholeNumber } from "../input-fields.ts";
import type { CloudCompile } from "../ports.ts";
import { businessError, reply } from "../reply.ts";
import { withProject } from "./found-project.ts";

const STATES = { queued: "InQueue", running: "InQueue", success: "BuildSuccess", error: "BuildError" } as const;

export const compileEndpoints: Endpoints = {
  "/compile/create": endpoint(z.object({ projectId: wholeNumber }), ({ projectId }, context) =>
    withProject(projectId, context, async (project) => {
      const { store, ids, clock, jobs } = context;
      const list = await store.files.list(projectId);
      if (list.length === 0) return businessError("The project has no files to compile.");
      const files = Object.fromEntries(list.map(({ name, content }) => [name, content]));
      const signature = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 32);
      const compileId = `${ids.hex32()}-${signature}`;
      const report = project.language === "C#" ? { report: onlyPython(Object.keys(files)) } : {};
      await store.compiles.create({ compileId, projectId, signature, files, now: clock.now(), ...report });
      jobs.compiles.kick();
      return reply({
        compileId,
        state: "InQueue",
        projectId,
        parameters: [],
        signature,
        signatureOrder: Object.keys(files),
      });
    }),
  ),

  "/compile/read": endpoint(
    z.object({ projectId: wholeNumber, compileId: filledText }),
    ({ projectId, compileId }, context) =>
      withProject(projectId, context, async () => {
        const compile = await context.store.compiles.byId(projectId, compileId);
        if (compile === undefined) return businessError(`Compile not found: ${compileId}`);
        return reply({
          compileId,
          projectId,
          state: STATES[compile.state],
          signature: compile.signature,
          signatureOrder: compile.fileNames,
          parameters: [],
          logs: logsOf(compile),
          ...(compile.report === undefined ? {} : { quantwright: { diagnostics: compile.report.diagnostics } }),
        });
      }),
  ),
};

/** C# is stored, but there is nothing here that could build it. */
function onlyPython(names: readonly string[]): CompileReport {
  const diagnostic = {
    severity: "error" as const,
    code: "LANGUAGE_NOT_SUPPORTED",
    file: names.find((name) => name.endsWith(".cs")) ?? names[0] ?? "Main.cs",
    line: 1,
    column: 1,
    message: "only Python projects can be compiled and run by the local cloud; this one is C#",
    remedy: "write the algorithm in Python, or run it on QuantConnect",
  };
  return { ok: false, diagnostics: [diagnostic] };
}

/** One line a finding, with file, line and column first, so that people and tools can jump there. */
function logsOf({ state, projectId, fileNames, report }: CloudCompile): string[] {
  if (report === undefined) return [`Compiling project ${projectId}: waiting or at work.`];
  const verdict = state === "success" ? "Build succeeded" : "Build failed";
  return [
    `${verdict} for project ${projectId} (${fileNames.length} files).`,
    ...report.diagnostics.map(diagnosticLine),
  ];
}

function diagnosticLine({ severity, code, file, line, column, message, remedy }: CompileDiagnostic): string {
  return `${file}:${line}:${column}: ${severity} ${code}: ${message}${remedy === undefined ? "" : ` (${remedy})`}`;
}
