import { visibleText } from "../../domain/visible-text.ts";
import { errorOf, warningOf, type Finding, type LintedTool, type Rule } from "./finding.ts";
import { schemaRules } from "./schema-rules.ts";
import { textRules } from "./text-rules.ts";

const LONGEST_NAME = 64;
/** What clients put before a name of their own eats into the length that a model provider allows. */
const CROWDED_NAME = 50;
const CHARACTERS_A_TOKEN = 4;
/** What a list may cost a model before it has done anything. */
export const TOOLSET_TOKENS = 8000;

const nameRules: Rule = function* ({ name }) {
  if (!/^[a-zA-Z0-9_-]+$/.test(name))
    yield errorOf("name-pattern", 'its name is not made of letters, digits, "_" and "-"');
  if (name.length > LONGEST_NAME)
    yield errorOf("name-length", `its name has ${name.length} characters, more than ${LONGEST_NAME}`);
  else if (name.length > CROWDED_NAME)
    yield warningOf("name-length", `its name has ${name.length} characters: little room for a client's prefix`);
};

/** Hints are for clients that ask less where they are told that nothing happens: they must not say so in vain. */
const annotationRules: Rule = function* ({ annotations = {}, class: own }) {
  if (own === undefined) return;
  const { readOnlyHint, destructiveHint } = annotations;
  if (readOnlyHint === true && own !== "read")
    yield errorOf("annotation-lies", `it calls itself read-only and is of class ${own}`);
  if (destructiveHint === false && (own === "live" || own === "paper"))
    yield errorOf("annotation-lies", `it calls itself not destructive and is of class ${own}`);
  if (own === "read" && readOnlyHint !== true)
    yield warningOf("annotation-missing", "it only reads and does not say so");
};

const RULES: readonly Rule[] = [nameRules, textRules, schemaRules, annotationRules];

/** What is wrong with some tools that are listed together: each by itself, and all of them side by side. */
export function lintTools(tools: readonly LintedTool[], tokenBudget = TOOLSET_TOKENS): readonly Finding[] {
  const own = tools.flatMap((tool) =>
    RULES.flatMap((rule) => [...rule(tool)].map((finding) => ({ tool: visibleText(tool.name, 100), ...finding }))),
  );
  return [...own, ...collisions(tools), ...costs(tools, tokenBudget)];
}

/** What a list of tools costs a model, at four characters a token. */
export function tokensOf(tools: readonly LintedTool[]): number {
  const listed = tools.map((tool) => ({ ...tool, class: undefined }));
  return Math.ceil(Buffer.byteLength(JSON.stringify(listed)) / CHARACTERS_A_TOKEN);
}

function* collisions(tools: readonly LintedTool[]): Iterable<Finding> {
  const groups = Map.groupBy(tools, ({ name }) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  for (const [, group] of groups) {
    if (group.length === 1) continue;
    const names = group.map(({ name }) => visibleText(name, 100));
    const isSame = new Set(names).size < names.length;
    const tool = names[0] ?? "";
    yield isSame
      ? { tool, ...errorOf("name-collision", `${names.length} tools are called ${names.join(", ")}`) }
      : { tool, ...warningOf("name-confusable", `the names ${names.join(", ")} are easily taken for one another`) };
  }
}

function* costs(tools: readonly LintedTool[], budget: number): Iterable<Finding> {
  const tokens = tokensOf(tools);
  if (tokens <= budget) return;
  yield { tool: "*", ...warningOf("toolset-tokens", `the list costs about ${tokens} tokens, more than ${budget}`) };
}
