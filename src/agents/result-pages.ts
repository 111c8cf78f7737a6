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
      size: key.length + sizeOf(member) + 4,
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
    if (itemSize > PAGE_CHARACTERS) pages.push(...pieces(JSON.stringify(item) ?? ""));
    else {
      page.push(item);
      size += itemSize;
    }
  }
  flush();
  return pages;
}

function sizeOf(value: unknown): number {
  return (JSON.stringify(value)?.length ?? 4) + 1;
}

function pieces(text: string): string[] {
  // Quotes and escapes grow when the piece is put into JSON again.
  const length = PAGE_CHARACTERS / 2;
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );
}
