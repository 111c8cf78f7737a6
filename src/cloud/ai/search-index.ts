import type { FacadeNames } from "./facade-names.ts";

/** A text that is searched: a section of a guide, an example, or a name of the API. */
export interface SearchText {
  readonly kind: "Stubs" | "Docs" | "Examples";
  /** Where it is from, as a link or a path. */
  readonly title: string;
  readonly content: string;
}

export interface SearchHit extends SearchText {
  readonly score: number;
}

/** Usual constants of BM25. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;

/** Full-text search by BM25 over what the package ships; the same question always has the same answer. */
export class SearchIndex {
  readonly #texts: readonly {
    readonly text: SearchText;
    readonly words: ReadonlyMap<string, number>;
    readonly length: number;
  }[];

  constructor(texts: readonly SearchText[]) {
    this.#texts = texts.map((text) => {
      const list = wordsOf(`${text.title} ${text.title} ${text.content}`);
      const words = new Map<string, number>();
      for (const word of list) words.set(word, (words.get(word) ?? 0) + 1);
      return { text, words, length: list.length };
    });
  }

  /** The best texts of a kind, best first; texts of other kinds fill up where there are too few. */
  search(input: string, options: { readonly kind: SearchText["kind"]; readonly most: number }): SearchHit[] {
    const sought = [...new Set(wordsOf(input))];
    const mean = this.#texts.reduce((sum, { length }) => sum + length, 0) / Math.max(1, this.#texts.length);
    const weights = sought.map((word) => {
      const having = this.#texts.filter(({ words }) => words.has(word)).length;
      return Math.log(1 + (this.#texts.length - having + 0.5) / (having + 0.5));
    });
    return this.#texts
      .map(({ text, words, length }) => {
        const score = sought.reduce((sum, word, at) => {
          const count = words.get(word) ?? 0;
          const norm = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * length) / mean;
          return sum + ((weights[at] ?? 0) * count * (SATURATION + 1)) / (count + SATURATION * norm);
        }, 0);
        return { ...text, score };
      })
      .toSorted(
        (left, right) =>
          Number(right.kind === options.kind) - Number(left.kind === options.kind) ||
          right.score - left.score ||
          (left.title < right.title ? -1 : 1),
      )
      .slice(0, options.most);
  }
}

/** Words in lower case, names split at their underscores and capitals, plurals without their s. */
function wordsOf(text: string): string[] {
  return text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1)
    .map((word) => (word.length > 3 ? word.replace(/(?<!s)s$/, "") : word));
}

/** One text per class and enumeration of the API. */
export function stubTexts({ classes, enums }: FacadeNames): SearchText[] {
  return [
    ...Object.entries(classes).flatMap(([name, { about, members }]): SearchText[] => [
      { kind: "Stubs", title: name, content: `class ${name}: ${about}\n${Object.keys(members).join(", ")}` },
      ...Object.entries(members)
        .filter(() => name === "QCAlgorithm")
        .map(([member, stub]): SearchText => ({
          kind: "Stubs",
          title: `${name}.${member}`,
          content: `${member}${stub.signature} ${stub.about}`,
        })),
    ]),
    ...Object.entries(enums).map(([name, members]): SearchText => ({
      kind: "Stubs",
      title: name,
      content: `enumeration ${name}: ${members.join(", ")}`,
    })),
  ];
}

/** The sections of a Markdown text, and its blocks of Python as examples. */
export function markdownTexts(title: string, markdown: string): SearchText[] {
  const sections = markdown.split(/^(?=#{1,3} )/m).filter((section) => section.trim() !== "");
  return sections.flatMap((section): SearchText[] => {
    const heading = /^#+ (.*)/.exec(section)?.[1] ?? title;
    const named = `${title}: ${heading}`;
    const blocks = [...section.matchAll(/```python\n([^]*?)```/g)].map((block) => block[1] ?? "");
    return [
      { kind: "Docs", title: named, content: section },
      ...blocks.map((content): SearchText => ({ kind: "Examples", title: named, content })),
    ];
  });
}
