/**
 * What a person could not see, or what would change how the rest is shown: control characters and escape sequences,
 * marks of direction, zero-width and other invisible characters, unusual spaces, lone surrogates, private use.
 */
const DECEIVING =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800\u{1d159}]|(?! )\p{Zs}|\p{M}(?=\p{M}{3})|(?<=\p{M}{3})\p{M}/gu;
const LONGEST = 2000;

/**
 * A text as it may be put before a person who decides on it: what deceives the eye is written as `\u{…}`, and what is
 * too long is cut with its length said. Applied twice it gives the same.
 */
export function visibleText(text: string, longest = LONGEST): string {
  const shown = text
    .slice(0, longest)
    .replaceAll(DECEIVING, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return text.length > longest ? `${shown}… (${text.length} characters)` : shown;
}
