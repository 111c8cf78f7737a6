import { z } from "zod";
import { RefusalError } from "../domain/refusal.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";
import type { StrategyLabParts } from "./strategy-lab-parts.ts";
import { twinFiles, withTwin } from "./twin-files.ts";

const createdSchema = z.looseObject({
  projects: z.array(z.looseObject({ projectId: z.int(), name: z.string(), organizationId: z.string() })).min(1),
});

/** Makes a project with a strategy in it. When the code or the strategy cannot be written, the project goes again: nothing stays half-done. */
export function createStrategy(parts: StrategyLabParts): Skill {
  const templates = Object.keys(parts.templates);
  return defineSkill({
    name: "create_strategy",
    title: "Create a strategy",
    description: `Makes a new QuantConnect project with a Python strategy in main.py, from your code or from a template (${templates.join(", ")}). Costs nothing. Next: run_backtest. The algorithm API is LEAN's: from AlgorithmImports import *, one class derived from QCAlgorithm. Files named quantwright_* and the last lines of main.py guard the account's limits: leave them.`,
    owner: "strategy-lab",
    class: "write",
    needs: ["create_project", "update_file_contents", "create_file", "delete_project"],
    input: z.object({
      name: z.string().min(1).max(100).describe("Name of the strategy and its project"),
      code: z.string().min(1).max(200_000).optional().describe("Whole text of main.py; leave out to use a template"),
      template: z
        .string()
        .optional()
        .describe(`One of ${templates.join(", ")}; the first if neither is given`),
    }),
    output: z.object({
      strategyId: z.string(),
      name: z.string(),
      projectId: z.int(),
      file: z.string(),
      lines: z.int(),
      template: z.string().nullable(),
    }),
    answer: async (args, context) => {
      const template = args.code === undefined ? (args.template ?? templates[0] ?? "") : null;
      const shipped = Object.hasOwn(parts.templates, template ?? "") ? parts.templates[template ?? ""] : undefined;
      const given = args.code ?? shipped;
      if (given === undefined) {
        throw new RefusalError({
          code: "TEMPLATE_UNKNOWN",
          message: `there is no template "${template}"`,
          remedy: `use one of ${templates.join(", ")}, or give the code`,
        });
      }
      const code = withTwin(given);
      const created = createdSchema.parse(
        await context.upstream("create_project", { name: args.name, language: "Py" }),
      );
      const project = created.projects[0];
      if (project === undefined)
        throw new RefusalError({ code: "UPSTREAM_REFUSED", message: "the cloud named no project" });
      const { projectId, name, organizationId } = project;
      const strategy = {
        id: parts.newId(),
        name,
        lifecycle: "draft" as const,
        createdAt: context.now,
        links: [{ profile: parts.profile, organisation: organizationId, projectId }],
      };
      try {
        // A new Python project has a main.py of the cloud's own.
        await context.upstream("update_file_contents", { projectId, name: "main.py", content: code });
        for (const [file, content] of Object.entries(twinFiles(parts.twin, strategy.id))) {
          await context.upstream("create_file", { projectId, name: file, content });
        }
        await parts.strategies.add(strategy);
      } catch (error) {
        await context.upstream("delete_project", { projectId }, { evenIfCancelled: true }).catch(() => undefined);
        throw error;
      }
      return {
        data: { strategyId: strategy.id, name, projectId, file: "main.py", lines: code.split("\n").length, template },
        source: `project ${projectId}`,
      };
    },
  });
}
