import { parseJson } from "./parse-json.ts";

/** A place in a JSON text, with lines counted from 1. */
export interface JsonPlace {
  readonly line: number;
  /** What was expected there, where the text is no JSON. */
  readonly expected?: string;
}

const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const PLAIN = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
const SPACE = /[ \t\r\n]*/y;

class SyntaxFault extends Error {
  readonly at: number;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
  }
}

/** Where the value under a path begins in a JSON text; where the text is broken, the place of the first fault. */
export function placeInJson(text: string, path: readonly PropertyKey[]): JsonPlace {
  let found = 0;
  let deepest = -1;
  const take = (pattern: RegExp, at: number, expected: string): string => {
    pattern.lastIndex = at;
    const taken = pattern.exec(text)?.[0];
    if (taken === undefined) throw new SyntaxFault(at, expected);
    return taken;
  };
  const skip = (at: number): number => at + take(SPACE, at, "").length;
  const value = (from: number, trail: readonly string[]): number => {
    const at = skip(from);
    const onPath = trail.length <= path.length && trail.every((name, index) => name === String(path[index]));
    if (onPath && trail.length > deepest) [found, deepest] = [at, trail.length];
    if (trail.length > 200) throw new SyntaxFault(at, "less nesting");
    if (text[at] === "{") return members(at, trail, "}");
    if (text[at] === "[") return members(at, trail, "]");
    return at + take(text[at] === '"' ? STRING : PLAIN, at, "a value").length;
  };
  const members = (from: number, trail: readonly string[], close: "}" | "]"): number => {
    let at = skip(from + 1);
    if (text[at] === close) return at + 1;
    for (let index = 0; ; index += 1) {
      let name = String(index);
      if (close === "}") {
        const quoted = take(STRING, at, "a name in quotes");
        name = String(parseJson(quoted));
        at = skip(at + quoted.length);
        if (text[at] !== ":") throw new SyntaxFault(at, "a colon");
        at += 1;
      }
      at = skip(value(at, [...trail, name]));
      if (text[at] === close) return at + 1;
      if (text[at] !== ",") throw new SyntaxFault(at, `a comma or ${close}`);
      at = skip(at + 1);
    }
  };
  try {
    const end = skip(value(0, []));
    if (end < text.length) throw new SyntaxFault(end, "nothing more");
    return { line: lineAt(text, found) };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { line: lineAt(text, error.at), expected: error.message };
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
