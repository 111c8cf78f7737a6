import type { Command } from "commander";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { shortened } from "../../domain/shortened.ts";
import type { CliServices } from "../cli-services.ts";
import { action, parseOptions, withGlobalFlags } from "../command.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { table } from "../output.ts";
import { addToolsLint } from "./tools-lint.ts";
import { addToolsShow } from "./tools-show.ts";

const listSchema = z.array(z.looseObject({ name: z.string(), title: z.string(), description: z.string() }));
const callSchema = z.object({
  callId: z.string(),
  refusal: z.looseObject({ code: z.string(), message: z.string(), remedy: z.string().optional() }).nullable(),
  result: z.looseObject({
    content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
    structuredContent: z.unknown().optional(),
    isError: z.boolean().optional(),
  }),
});
const LONGEST_SUMMARY = 110;
/** A tool that answers about a run may answer well about a run that failed. */
const failedRunSchema = z.looseObject({ run: z.looseObject({ state: z.literal("failed") }) });
const progressSchema = z.looseObject({
  progress: z.number(),
  total: z.number().positive().optional(),
  message: z.string().optional(),
});

/** `tools list`, `tools show`, `tools call` and `tools lint`: the gateway from the shell. */
export function addToolsCommands(program: Command, services: CliServices, done: (code: number) => void): void {
  const tools = program.command("tools").description("the gateway's tools from the shell");
  addToolsLint(tools, services, done);
  addToolsShow(tools, services, done);
  withGlobalFlags(
    tools
      .command("list")
      .description("list the tools of a toolset")
      .option("--toolset <name>", "desk, research or full", "desk"),
  ).action(
    action(services, done, async ({ session, output }, options) => {
      const { toolset } = parseOptions(z.object({ toolset: z.enum(["desk", "research", "full"]) }), options);
      await using desk = await session.desk();
      const list = listSchema.parse(await desk.request("tools.list", { toolset }));
      output.result(
        list,
        table(
          ["tool", "what it does"],
          list.map(({ name, description }) => [name, shortened(description.split(". ")[0] ?? "", LONGEST_SUMMARY)]),
        ),
      );
    }),
  );
  withGlobalFlags(
    tools.command("call").description("call one tool").argument("<name>").argument("[json]", "arguments as JSON", "{}"),
  ).action(
    action(services, done, async ({ session, output }, name, json) => {
      const args = argumentsOf(String(json));
      await using desk = await session.desk();
      const onEvent = (event: unknown): void => {
        const progress = progressSchema.safeParse(event);
        if (!progress.success) return;
        const { progress: done, total, message = "" } = progress.data;
        // Without a total it only says that it grows.
        output.bar(total === undefined ? 0 : done / total, message);
      };
      const answer = callSchema.parse(
        await desk.request("tools.call", { name, arguments: args }, { onEvent, signal: services.interrupted }),
      );
      if (answer.refusal !== null) {
        output.refusal(answer.refusal);
        return exitCodeOf(answer.refusal.code);
      }
      const text =
        answer.result.structuredContent === undefined
          ? answer.result.content.map((block) => block.text ?? "").join("\n")
          : JSON.stringify(answer.result.structuredContent, null, 2);
      output.result(answer.result.structuredContent ?? answer.result, text);
      const failed = failedRunSchema.safeParse(answer.result.structuredContent).success;
      return answer.result.isError === true || failed ? EXIT.FAILED : EXIT.DONE;
    }),
  );
}

function argumentsOf(json: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    throw new RefusalError(
      {
        code: "USAGE",
        message: `the arguments are not JSON: ${error instanceof Error ? error.message : String(error)}`,
        remedy: `for example: quantwright tools call get_market_data '{"ticker":"SP500"}'`,
      },
      { cause: error },
    );
  }
}
