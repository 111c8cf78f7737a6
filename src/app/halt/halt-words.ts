import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";

/** Who halted, and why, as the file `HALT` says it. */
const haltWordsSchema = z.object({ by: z.string().min(1).max(200), reason: z.string().max(500) });

export type HaltWords = z.infer<typeof haltWordsSchema>;

/** What is written into the file `HALT`: a line for people, and one for the desk. */
export function haltFileText({ by, reason }: HaltWords): string {
  const forPeople = "Trading is halted. Deleting this file does not re-arm; `quantwright rearm` does.";
  return `${forPeople}\n${JSON.stringify({ by, reason })}\n`;
}

/** The first words in the file; undefined where somebody made it by hand. It halts all the same. */
export function haltWords(text: string): HaltWords | undefined {
  for (const line of text.split("\n")) {
    if (!line.startsWith("{")) continue;
    try {
      return haltWordsSchema.parse(parseJson(line));
    } catch {
      // Not ours, or cut: the next line may be whole.
    }
  }
  return undefined;
}
