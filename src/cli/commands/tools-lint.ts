import type { Command } from "commander";
import { z } from "zod";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { table } from "../output.ts";

const optionsSchema = z.object({
  toolset: z.enum(["desk", "research", "full"]),
  upstream: z.string().min(1).optional(),
});
const lintSchema = z.object({
  tools: z.int(),
  tokens: z.number(),
  findings: z.array(
    z.object({ tool: z.string(), rule: z.string(), level: z.enum(["error", "warning"]), message: z.string() }),
  ),
});

/** `tools lint`: what some client or model would stumble over in a list of tools. */
export function addToolsLint(tools: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    tools
      .command("lint")
      .description("check names, texts, schemas, hints and size of the tools; fails where there are errors")
      .option("--toolset <name>", "desk, research or full", "desk")
      .option("--upstream <name>", "the tools of one upstream instead, as it lists them"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const request = parseOptions(optionsSchema, options);
      await using desk = await session.desk();
      const lint = lintSchema.parse(await desk.request("tools.lint", request));
      const errors = lint.findings.filter(({ level }) => level === "error").length;
      const summary = `${lint.tools} tools, about ${lint.tokens} tokens: ${errors} errors, ${lint.findings.length - errors} warnings`;
      const rows = lint.findings.map(({ level, tool, rule, message }) => [level, tool, rule, message]);
      const found = rows.length === 0 ? "" : `${table(["level", "tool", "rule", "what"], rows)}\n\n`;
      output.result({ ...lint, errors }, `${found}${summary}`);
      return errors === 0 ? EXIT.DONE : EXIT.FAILED;
    }),
  );
}
