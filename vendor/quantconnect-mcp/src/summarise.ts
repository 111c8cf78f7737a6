/** One place where a summary shows less than there is. */
export interface Omission {
  /** Path from the root, such as `backtest.charts`. */
  readonly path: string;
  readonly shown: number;
  readonly of: number;
  readonly unit: "items" | "fields" | "characters";
}

export interface Summary {
  readonly value: unknown;
  readonly omissions: readonly Omission[];
}

interface Level {
  readonly items: number;
  readonly fields: number;
  readonly characters: number;
}

/** From generous to bare; the first that fits is taken. */
const LEVELS: readonly Level[] = [
  { items: 100, fields: 200, characters: 4000 },
  { items: 30, fields: 100, characters: 2000 },
  { items: 10, fields: 60, characters: 1000 },
  { items: 4, fields: 40, characters: 400 },
  { items: 2, fields: 20, characters: 160 },
  { items: 1, fields: 10, characters: 80 },
  { items: 0, fields: 6, characters: 40 },
];

/**
 * A smaller value of the same shape: heads of arrays, maps and long texts, with a list of what was left out. Nothing
 * shown differs from the original; the top level keeps all its fields while there are fewer than 200.
 * @param maxCharacters the greatest length as JSON; reached as nearly as the levels allow.
 */
export function summarise(value: unknown, maxCharacters: number): Summary {
  let last: Summary = { value, omissions: [] };
  for (const level of LEVELS) {
    const omissions: Omission[] = [];
    const shrunk = shrink(value, "", { level, omissions });
    last = { value: shrunk, omissions };
    if (JSON.stringify(shrunk).length <= maxCharacters) break;
  }
  return last;
}

function shrink(value: unknown, path: string, work: { level: Level; omissions: Omission[] }): unknown {
  const { level, omissions } = work;
  if (typeof value === "string") {
    if (value.length <= level.characters) return value;
    omissions.push({ path, shown: level.characters, of: value.length, unit: "characters" });
    return value.slice(0, level.characters);
  }
  if (Array.isArray(value)) {
    if (value.length > level.items) omissions.push({ path, shown: level.items, of: value.length, unit: "items" });
    return value.slice(0, level.items).map((item, index) => shrink(item, `${path}[${index}]`, work));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const most = path === "" ? Math.max(level.fields, 200) : level.fields;
  if (entries.length > most)
    omissions.push({ path: path || "(root)", shown: most, of: entries.length, unit: "fields" });
  return Object.fromEntries(
    entries.slice(0, most).map(([key, inner]) => [key, shrink(inner, path === "" ? key : `${path}.${key}`, work)]),
  );
}
