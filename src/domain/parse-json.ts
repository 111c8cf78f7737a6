/** JSON.parse with an honest type: whatever was in the text, for a schema to judge. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text) as unknown;
}
