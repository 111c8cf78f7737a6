import { pascalName, type FacadeNames } from "./facade-names.ts";

/** Of a line; what is before says nothing of its end. */
const LONGEST = 300;
const END = /([\p{L}_][\p{L}\p{N}_.]*)$/u;

/**
 * What the end of a line may become: members of `QCAlgorithm` after `self.`, of an enumeration or class after its
 * name, of any class after anything else, and names of classes where there is no point. Python spelling for `Py`,
 * LEAN's C# spelling for `C#`. Shortest names first; `most` bounds how many.
 */
export function completions(
  sentence: string,
  options: { readonly language: "Py" | "C#"; readonly most: number; readonly names: FacadeNames },
): string[] {
  const typed = END.exec(sentence.slice(-LONGEST))?.[1];
  if (typed === undefined) return [];
  const { names, language, most } = options;
  const point = typed.lastIndexOf(".");
  const base = typed.slice(0, point + 1);
  const start = typed.slice(point + 1).toLowerCase();
  const candidates = point < 0 ? globals(names, language) : membersOf(names, base.slice(0, -1), language);
  return [...new Set(candidates)]
    .filter((name) => name.toLowerCase().startsWith(start))
    .toSorted((left, right) => left.length - right.length || (left < right ? -1 : 1))
    .slice(0, most)
    .map((name) => `${base}${name}`);
}

function globals({ classes, enums, functions }: FacadeNames, language: "Py" | "C#"): string[] {
  const types = [...Object.keys(classes), ...Object.keys(enums), ...Object.keys(functions)];
  // In C# the members of the algorithm need no "this.".
  const own = language === "C#" ? Object.keys(classes["QCAlgorithm"]?.members ?? {}).map(pascalName) : [];
  return [...own, ...types];
}

function membersOf({ classes, enums }: FacadeNames, base: string, language: "Py" | "C#"): string[] {
  const last = base.split(".").at(-1) ?? base;
  const members = enums[last];
  if (members !== undefined) return language === "Py" ? members : members.map((name) => pascalName(name.toLowerCase()));
  const isAlgorithm = base === "self" || base === "this";
  const named = isAlgorithm ? classes["QCAlgorithm"] : (classes[last] ?? classes[`${pascalName(last)}Manager`]);
  const found =
    named === undefined
      ? Object.values(classes).flatMap((type) => Object.keys(type.members))
      : Object.keys(named.members);
  return language === "Py" ? found : found.map(pascalName);
}
