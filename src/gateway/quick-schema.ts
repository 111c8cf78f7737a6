type Schema = Readonly<Record<string, unknown>>;

const LONGEST_PATTERN = 300;
/** Repeats of fewer times multiply with each other; all of them together may come to so many. */
const MOST_WAYS = 64;
const MANY_TIMES = 16;
/** Under these names stand values, or schemas by the names of fields; everything else that is an object is a schema. */
const VALUES: ReadonlySet<string> = new Set(["enum", "const", "default", "examples"]);
const BY_NAME: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);

/**
 * A schema of another server without the patterns that could keep the desk busy: they are its own words, and what they
 * are compared with is its caller's. What is left out here the server checks itself.
 */
export function withoutSlowPatterns(schema: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([name, member]): [string, unknown][] => {
      if (name === "pattern" && typeof member === "string" && !isQuick(member)) return [];
      // Without the names that it lists, a ban of all others would refuse them too.
      const hasPatterns = "patternProperties" in schema;
      if (hasPatterns && ["patternProperties", "additionalProperties", "unevaluatedProperties"].includes(name))
        return [];
      if (VALUES.has(name)) return [[name, member]];
      return [[name, BY_NAME.has(name) && isObject(member) ? eachOf(member) : inner(member)]];
    }),
  );
}

function eachOf(schemas: Schema): Schema {
  return Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, inner(one)]));
}

function inner(member: unknown): unknown {
  if (Array.isArray(member)) return member.map(inner);
  return isObject(member) ? withoutSlowPatterns(member) : member;
}

/**
 * Whether a pattern takes a time that grows no faster than the text, whatever the text: it begins at the beginning,
 * repeats no group, refers to nothing before or after, and repeats often once at most.
 */
export function isQuick(pattern: string): boolean {
  if (pattern.length > LONGEST_PATTERN) return false;
  // Escaped characters and sets of characters are one character each.
  const bare = pattern.replaceAll(/\\[^1-9k]|\[(?:[^\]\\]|\\.)*\]/g, "x");
  if (bare.includes("\\") || /\(\?[=!<]/.test(bare) || /\)[*+?{]/.test(bare)) return false;
  const times = [...bare.matchAll(/[*+]|(?<!\()\?|\{\d+(?:,(\d*))?\}/g)].flatMap(([sign, to]) => {
    if (sign === "?") return [1];
    if (sign.startsWith("{")) return to === undefined ? [] : [to === "" ? Infinity : Number(to)];
    return [Infinity];
  });
  const ways = times.filter((one) => one <= MANY_TIMES).reduce((product, one) => product * (one + 1), 1);
  if (ways > MOST_WAYS) return false;
  const many = times.filter((one) => one > MANY_TIMES).length;
  // A search that may begin anywhere begins everywhere, and so may each of two choices.
  return many === 0 || (many === 1 && bare.startsWith("^") && !bare.includes("|"));
}

function isObject(value: unknown): value is Schema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
