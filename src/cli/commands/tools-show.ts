import type { Command } from "commander";
import { z } from "zod";
import { RefusalError } from "../../domain/refusal.ts";
import { visibleText } from "../../domain/visible-text.ts";
import type { CliServices } from "../cli-services.ts";
import { action, withGlobalFlags } from "../command.ts";
import { table } from "../output.ts";

const toolSchema = z.looseObject({
  name: z.string(),
  description: z.string(),
  inputSchema: z.looseObject({
    properties: z.record(z.string(), z.unknown()).default({}),
    required: z.array(z.string()).default([]),
  }),
});
const fieldSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  description: z.string().default(""),
});

/** `tools show NAME`: what one tool does and takes, whole. */
export function addToolsShow(tools: Command, services: CliServices, done: (code: number) => void): void {
  withGlobalFlags(
    tools.command("show").description("what one tool does, and the arguments that it takes").argument("<name>"),
  ).action(
    action(services, done, async ({ session, output }, given) => {
      const name = z.string().parse(given);
      await using desk = await session.desk();
      const listed = z
        .array(z.looseObject({ name: z.string() }))
        .parse(await desk.request("tools.list", { toolset: "full" }));
      const found = listed.find((tool) => tool.name === name);
      if (found === undefined) {
        throw new RefusalError({
          code: "TOOL_UNKNOWN",
          message: `there is no tool "${name.slice(0, 100)}"`,
          remedy: "`quantwright tools list --toolset full` shows them all",
        });
      }
      output.result(found, describe(toolSchema.parse(found)));
    }),
  );
}

/** Tools of other servers describe themselves: their words are shown, and move no cursor. */
function describe({ name, description, inputSchema: { properties, required } }: z.infer<typeof toolSchema>): string {
  const rows = Object.entries(properties).map(([key, value]) => {
    const field = fieldSchema.safeParse(value).data;
    return [key, required.includes(key) ? "yes" : "–", typeOf(field), field?.description ?? ""].map((cell) =>
      visibleText(cell),
    );
  });
  const head = `${visibleText(name)}\n${visibleText(description)}\n`;
  return rows.length === 0
    ? `${head}\nIt takes no arguments.`
    : `${head}\n${table(["argument", "needed", "kind", "what"], rows)}`;
}

function typeOf(field: z.infer<typeof fieldSchema> | undefined): string {
  if (field?.enum !== undefined) return field.enum.map((one) => JSON.stringify(one)).join(" ");
  return [field?.type ?? "any"].flat().join(" or ");
}
