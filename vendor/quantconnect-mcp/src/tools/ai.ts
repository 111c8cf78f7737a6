import { z } from "zod";
import { apiTool, READS, type Tool } from "../tool.ts";
import { language, optional, sourceFiles } from "./fields.ts";

export const aiTools: readonly Tool[] = [
  apiTool({
    name: "check_initialization_errors",
    title: "Check initialization errors",
    description:
      "Runs the start of an algorithm for a few seconds and reports errors of its initialize, without a backtest or a " +
      "project. Use it before create_backtest. Free.",
    input: z.object({ language, files: sourceFiles }),
    effects: READS,
    path: "/ai/tools/backtest-init",
    timeoutMs: 120_000,
  }),
  apiTool({
    name: "complete_code",
    title: "Complete code",
    description:
      "Names of the LEAN API that complete the end of a line, such as self.add_eq. Use it to check that a name exists. Free.",
    input: z.object({
      language,
      sentence: z.string().describe("Code up to where it should go on."),
      responseSizeLimit: optional(z.int().describe("Most suggestions.")),
    }),
    effects: READS,
    path: "/ai/tools/complete",
  }),
  apiTool({
    name: "enhance_error_message",
    title: "Enhance error message",
    description: "Explains an error of a compile or run and what usually causes it. Free.",
    input: z.object({
      language,
      error: z.object({ message: z.string(), stacktrace: optional(z.string()) }).describe("As the failed run gave it."),
    }),
    effects: READS,
    path: "/ai/tools/error-enhance",
  }),
  apiTool({
    name: "update_code_to_pep8",
    title: "Update code to PEP8",
    description:
      "Gives Python code back with LEAN's names in snake_case (Initialize becomes initialize). Changes no project. Free.",
    input: z.object({ files: sourceFiles }),
    effects: READS,
    path: "/ai/tools/pep8-convert",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "check_syntax",
    title: "Check syntax",
    description: "Looks for syntax errors in source files without a project or a compile. Free and quick.",
    input: z.object({ language, files: sourceFiles }),
    effects: READS,
    path: "/ai/tools/syntax-check",
    timeoutMs: 60_000,
  }),
  apiTool({
    name: "search_quantconnect",
    title: "Search QuantConnect",
    description:
      "Searches QuantConnect's documentation, examples, API stubs or forum. Use it for how to do something in LEAN. Free.",
    input: z.object({
      language,
      criteria: z
        .array(
          z.object({
            input: z.string().describe("What to look for."),
            type: z.enum(["Stubs", "Forum", "Docs", "Examples"]).describe("Where."),
            count: z.int().describe("Number of hits."),
          }),
        )
        .describe("One search each."),
    }),
    effects: READS,
    path: "/ai/tools/search",
    timeoutMs: 60_000,
  }),
];
