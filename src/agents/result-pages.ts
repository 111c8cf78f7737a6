/** One page may have so many characters: a model reads it whole. */
export const PAGE_CHARACTERS = 8000;

/** What a result consists of. */
export interface SectionInfo {
  readonly name: string;
  readonly characters: number;
  readonly pages: number;
  readonly items?: number;
}

/** The sections of a result: the members of its top level. */
export function sectionsOf(result: Readonly<Record<string, unknown>>): SectionInfo[] {
  return Object.entries(result).map(([name, value]) => ({
    name,
    characters: JSON.stringify(value)?.length ?? 0,
    pages: pagesOf(value).length,
    ...(Array.isArray(value) ? { items: value.length } : {}),
  }));
}

/**
 * A value in pages of at most 8,000 characters of JSON. Lists and maps are cut between items, so that each page is
 * valid JSON of the same kind; a longer text or a longer single item is cut into pieces of text.
 */
export function pagesOf(value: unknown): readonly unknown[] {
  const whole = JSON.stringify(value) ?? "null";
  if (whole.length <= PAGE_CHARACTERS) return [value];
  if (Array.isArray(value))
    return packed(
      value.map((item: unknown) => ({ item, size: sizeOf(item) })),
      (items) => items,
    );
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).map(([key, member]) => ({
      item: [key, member] as const,
      size: sizeOf(key) + sizeOf(member),
    }));
    return packed(members, (items) => Object.fromEntries(items));
  }
  return pieces(typeof value === "string" ? value : whole);
}

function packed<Item>(
  items: readonly { readonly item: Item; readonly size: number }[],
  join: (items: readonly Item[]) => unknown,
): unknown[] {
  const pages: unknown[] = [];
  let page: Item[] = [];
  let size = 2;
  const flush = (): void => {
    if (page.length > 0) pages.push(join(page));
    page = [];
    size = 2;
  };
  for (const { item, size: itemSize } of items) {
    if (size + itemSize > PAGE_CHARACTERS) flush();
    if (itemSize + 1 > PAGE_CHARACTERS) pages.push(...pieces(JSON.stringify(item) ?? ""));
    else {
      page.push(item);
      size += itemSize;
    }
  }
  flush();
  return pages;
}

/** Characters of a value as JSON, and the comma or colon after it. */
function sizeOf(value: unknown): number {
  return (JSON.stringify(value)?.length ?? 4) + 1;
}

/** A text in pieces that are short enough as JSON, where quotes and control characters grow; no character is cut in two. */
function pieces(text: string): string[] {
  const found: string[] = [];
  for (let start = 0; start < text.length; start += found.at(-1)?.length ?? text.length) {
    let length = PAGE_CHARACTERS - 2;
    while (JSON.stringify(text.slice(start, start + length)).length > PAGE_CHARACTERS)
      length = Math.floor(length * 0.8);
    const splitsPair = start + length < text.length && /[\uD800-\uDBFF]$/.test(text.slice(start, start + length));
    found.push(text.slice(start, start + length - (splitsPair ? 1 : 0)));
  }
  return found;
}
