import { memberSpellings, pascalName, type FacadeNames } from "./facade-names.ts";
import { pythonTokens, type PythonToken } from "./python-tokens.ts";

/**
 * Python source with LEAN's names in their snake_case spelling: members after a point, methods of algorithms that are
 * overridden, and members of enumerations in capitals. Strings, comments and the user's own names stay.
 */
export function toPep8(source: string, names: FacadeNames): string {
  const spellings = memberSpellings(names);
  const own = new Set(Object.keys(names.classes["QCAlgorithm"]?.members ?? {}).map(pascalName));
  const enums = new Map(
    Object.entries(names.enums).map(([name, members]) => [
      name,
      new Map(members.map((member) => [pascalName(member.toLowerCase()), member])),
    ]),
  );
  const tokens = pythonTokens(source);
  const defined = new Set(
    tokens.flatMap(({ text }, at) => (previousWord(tokens, at) === "def" && !own.has(text) ? [text] : [])),
  );
  return tokens
    .map((token, at) => {
      if (token.kind !== "name" || defined.has(token.text)) return token.text;
      if (previousWord(tokens, at) === "def") return own.has(token.text) ? spelled(spellings, token.text) : token.text;
      if (tokens[at - 1]?.text !== ".") return token.text;
      const member = enums.get(tokens[at - 2]?.text ?? "")?.get(token.text);
      return member ?? spelled(spellings, token.text);
    })
    .join("");
}

function spelled(spellings: ReadonlyMap<string, string>, name: string): string {
  return spellings.get(name) ?? name;
}

/** The name before a token on the same line, over blanks. */
function previousWord(tokens: readonly PythonToken[], at: number): string | undefined {
  if (tokens[at]?.kind !== "name") return undefined;
  let before = at - 1;
  while (tokens[before]?.text === " ") before -= 1;
  return before < at - 1 && tokens[before]?.kind === "name" ? tokens[before]?.text : undefined;
}
