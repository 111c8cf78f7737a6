import { createHash } from "node:crypto";

/** Size of one part, in characters: small enough for a model's context. */
const CHUNK_CHARACTERS = 24_000;

export const RESULT_SCHEME = "quantconnect-result";

/** A stored result: `uri` lists its parts, `uri/1` … `uri/<chunks>` are the parts, `uri/full` is the whole text. */
export interface StoredResult {
  readonly uri: string;
  readonly tool: string;
  readonly characters: number;
  readonly chunks: number;
}

interface Entry extends StoredResult {
  readonly text: string;
}

/** Keeps the last long results in memory, bounded in number and size; the longest unused goes first. */
export interface ResultStore {
  put(tool: string, text: string): StoredResult;
  list(): readonly StoredResult[];
  /** Text of one part, 1-based, or of `full`, or of `index`; undefined when the result or part is not there. */
  read(id: string, part: string): string | undefined;
}

export function createResultStore(limits: { readonly entries: number; readonly characters: number }): ResultStore {
  // A Map keeps insertion order, so the first entry is the longest unused.
  const entries = new Map<string, Entry>();
  let total = 0;

  const drop = (id: string): void => {
    total -= entries.get(id)?.characters ?? 0;
    entries.delete(id);
  };

  return {
    put(tool, text) {
      const id = createHash("sha256").update(text).digest("hex").slice(0, 24);
      drop(id);
      const entry: Entry = {
        uri: `${RESULT_SCHEME}://${id}`,
        tool,
        text,
        characters: text.length,
        chunks: Math.ceil(text.length / CHUNK_CHARACTERS),
      };
      entries.set(id, entry);
      total += entry.characters;
      for (const oldest of entries.keys()) {
        if (entries.size === 1 || (entries.size <= limits.entries && total <= limits.characters)) break;
        drop(oldest);
      }
      return described(entry);
    },
    list: () => [...entries.values()].reverse().map(described),
    read(id, part) {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      entries.delete(id);
      entries.set(id, entry);
      if (part === "full") return entry.text;
      if (part === "index")
        return JSON.stringify({ ...described(entry), parts: `${entry.uri}/1 … ${entry.uri}/${entry.chunks}` });
      const number = /^[1-9]\d{0,8}$/.test(part) ? Number(part) : 0;
      return number >= 1 && number <= entry.chunks
        ? entry.text.slice((number - 1) * CHUNK_CHARACTERS, number * CHUNK_CHARACTERS)
        : undefined;
    },
  };
}

function described({ uri, tool, characters, chunks }: StoredResult): StoredResult {
  return { uri, tool, characters, chunks };
}
