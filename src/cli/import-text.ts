import { z } from "zod";
import { visibleText } from "../domain/visible-text.ts";

/** What an import tells of itself, as far as people are told. */
const reportSchema = z.looseObject({
  ticker: z.string(),
  first: z.string(),
  last: z.string(),
  bars: z.int(),
  source: z.string(),
  licence: z.string(),
  synthetic: z.boolean(),
  notes: z.array(z.string()).default([]),
  findings: z.array(z.looseObject({ count: z.int(), message: z.string() })).default([]),
});

/** What was imported, and what was found in it, for people. */
export function importText(report: Readonly<Record<string, unknown>>): string {
  const seen = reportSchema.parse(report);
  const kind = seen.synthetic ? "synthetic daily prices" : "daily prices";
  const bars = `${seen.bars} ${seen.bars === 1 ? "bar" : "bars"}`;
  return [
    `${visibleText(seen.ticker)}: ${bars} of ${kind} from ${seen.first} to ${seen.last} are stored.`,
    `Source: ${visibleText(seen.source)}; licence: ${visibleText(seen.licence)}`,
    ...seen.notes.map((note) => `Note: ${visibleText(note)}`),
    ...seen.findings.map(({ count, message }) => `Found: ${visibleText(message)} (${count})`),
  ].join("\n");
}
