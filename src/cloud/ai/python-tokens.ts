/** A piece of Python source; the pieces together are the source. */
export interface PythonToken {
  readonly kind: "name" | "text" | "other";
  readonly text: string;
}

// Strings (with prefix, also tripled), comments, names; everything else passes by character.
const TOKEN =
  /(?<text>[rRbBuUfFtT]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*(?:"|$)?|'(?:\\.|[^'\\\n])*(?:'|$)?)|#[^\n]*)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|[^]/gu;

/** Splits source into names, texts (strings and comments) and the rest; never fails, also on broken source. */
export function pythonTokens(source: string): PythonToken[] {
  return [...source.matchAll(TOKEN)].map((match) => {
    const { text, name } = match.groups ?? {};
    if (text !== undefined) return { kind: "text", text };
    return name === undefined ? { kind: "other", text: match[0] } : { kind: "name", text: name };
  });
}
