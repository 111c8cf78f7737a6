import { z } from "zod";
import type { BacktestResult } from "../../lean/backtest-result.ts";
import type { CompileDiagnostic } from "../../lean/compile-report.ts";
import { completions } from "../ai/completion.ts";
import { explainError } from "../ai/error-advice.ts";
import { toPep8 } from "../ai/pep8.ts";
import { endpoint, type CloudContext, type Endpoints } from "../endpoint.ts";
import { absent, filledText, safePath, wholeNumber } from "../input-fields.ts";
import { businessError, reply, type Reply } from "../reply.ts";

/** The longest that `initialize` may take here. */
const INITIALIZE_SECONDS = 20;
const DEFAULT_SUGGESTIONS = 10;
const SEARCH_TYPES = ["Stubs", "Forum", "Docs", "Examples"] as const;

const language = z.enum(["Py", "C#"]);
const files = z
  .array(z.object({ name: safePath, content: z.string().max(200_000) }))
  .min(1)
  .max(200);
const ONLY_PYTHON = "Only Python code can be checked by the local cloud; this is C#.";

/** The tools for assistants: deterministic and offline. Each answers `{state, version, payload, payloadType}`. */
export const aiEndpoints: Endpoints = {
  "/ai/tools/syntax-check": endpoint(z.object({ language, files }), async (input, context) => {
    if (input.language === "C#") return answer("Error", [ONLY_PYTHON], "StringArray");
    const diagnostics = await diagnose(input.files, context);
    const found = diagnostics.filter(({ code }) => code === "SYNTAX_ERROR").map(lineOf);
    return answer(found.length === 0 ? "End" : "Error", found, "StringArray");
  }),

  "/ai/tools/backtest-init": endpoint(z.object({ language, files }), async (input, context) => {
    if (input.language === "C#") return answer("Error", ONLY_PYTHON, "String");
    const errors = (await diagnose(input.files, context)).filter(({ severity }) => severity === "error");
    if (errors.length > 0) return answer("Error", errors.map(lineOf).join("\n"), "String");
    const { error } = await initialise(input.files, context);
    if (error === undefined) return answer("End", "initialize ran without an error.", "String");
    const trace = error.stackTrace === "" ? "" : `\n${error.stackTrace}`;
    return answer("Error", `${error.phase}: ${error.message}${trace}`, "String");
  }),

  "/ai/tools/complete": endpoint(
    z.object({ language, sentence: z.string().max(10_000), responseSizeLimit: absent(wholeNumber) }),
    (input, { library }) => {
      const most = Math.min(100, Math.max(1, input.responseSizeLimit ?? DEFAULT_SUGGESTIONS));
      const found = completions(input.sentence, { language: input.language, most, names: library.names });
      return answer("End", found, "StringArray");
    },
  ),

  "/ai/tools/error-enhance": endpoint(
    z.object({
      language,
      error: z.object({ message: filledText, stacktrace: absent(z.string()) }),
    }),
    ({ error }, { library }) => answer("End", explainError(error, library.names), "String"),
  ),

  "/ai/tools/pep8-convert": endpoint(z.object({ files }), (input, { library }) =>
    answer(
      "End",
      Object.fromEntries(input.files.map(({ name, content }) => [name, toPep8(content, library.names)])),
      "StringDict",
    ),
  ),

  "/ai/tools/search": endpoint(
    z.object({
      language,
      criteria: z
        .array(z.object({ input: filledText.max(2000), type: z.enum(SEARCH_TYPES), count: wholeNumber }))
        .min(1)
        .max(20),
    }),
    ({ criteria }, { library }) => {
      if (criteria.some(({ count }) => count < 1 || count > 50)) {
        return businessError("Invalid argument criteria.count: expected 1 to 50 results.");
      }
      const retrivals = criteria.flatMap(({ input, type, count }) =>
        // There is no forum here; the guides answer in its place.
        library.index.search(input, { kind: type === "Forum" ? "Docs" : type, most: count }).map((hit) => ({
          url: hit.title,
          score: Math.round(hit.score * 1e6) / 1e6,
          content: hit.content.slice(0, 8000),
          type: SEARCH_TYPES.indexOf(hit.kind),
        })),
      );
      return reply({ state: "End", version: 2, retrivals, messageId: 0 });
    },
  ),
};

function answer(state: "End" | "Error", payload: unknown, payloadType: string): Reply {
  return reply({ state, version: 2, payload, payloadType });
}

type Files = z.infer<typeof files>;

function byName(list: Files): Record<string, string> {
  return Object.fromEntries(list.map(({ name, content }) => [name, content]));
}

async function diagnose(list: Files, { runner }: CloudContext): Promise<readonly CompileDiagnostic[]> {
  const signal = AbortSignal.timeout(INITIALIZE_SECONDS * 1000);
  // A lone file under another name is looked at as the algorithm's own.
  const [only] = list;
  const entry = list.some(({ name }) => name === "main.py") || only === undefined ? "main.py" : only.name;
  const report = await runner.compile(byName(list), { signal, entry });
  return report.diagnostics;
}

/** Runs the project until its first step: what fails before is an error of `initialize` or of its data. */
async function initialise(list: Files, { runner }: CloudContext): Promise<BacktestResult> {
  const begun = new AbortController();
  const signal = AbortSignal.any([begun.signal, AbortSignal.timeout(INITIALIZE_SECONDS * 1000)]);
  return runner.backtest(
    { files: byName(list), limits: { wallSeconds: INITIALIZE_SECONDS } },
    { signal, onProgress: () => begun.abort() },
  );
}

function lineOf({ file, line, column, message, remedy }: CompileDiagnostic): string {
  return `${file}:${line}:${column}: ${message}${remedy === undefined ? "" : ` (${remedy})`}`;
}
