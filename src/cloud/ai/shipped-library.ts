import { facadeNamesSchema, type FacadeNames } from "./facade-names.ts";
import { markdownTexts, SearchIndex, stubTexts } from "./search-index.ts";

/** What the tools for assistants know: the names of the API, and the texts to search. */
export interface ShippedLibrary {
  readonly names: FacadeNames;
  readonly index: SearchIndex;
}

/**
 * Makes the library from what the package ships: the list of names as JSON text, guides as Markdown by their title,
 * and example strategies by their path.
 */
export function shippedLibrary(shipped: {
  readonly names: string;
  readonly guides: Readonly<Record<string, string>>;
  readonly examples: Readonly<Record<string, string>>;
}): ShippedLibrary {
  const names = facadeNamesSchema.parse(JSON.parse(shipped.names));
  const guides = Object.entries(shipped.guides).flatMap(([title, text]) => markdownTexts(title, text));
  const examples = Object.entries(shipped.examples).map(([title, content]) => ({
    kind: "Examples" as const,
    title,
    content,
  }));
  return { names, index: new SearchIndex([...guides, ...examples, ...stubTexts(names)]) };
}
