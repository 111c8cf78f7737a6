import { z } from "zod";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { DataSource } from "../data-source.ts";

/** Where the data folder says what its series are and whose. */
const SOURCES_PATH = "quantwright/sources.json";

const sourcesSchema = z.record(
  z.string(),
  z.object({
    source: z.string(),
    licence: z.string(),
    synthetic: z.boolean(),
    notes: z.array(z.string()).default([]),
  }),
);

/** Adds what the data folder says of the run's securities to the warnings; true if any of them is synthetic. */
export function noteSources(algorithm: QcAlgorithm, data: DataSource): boolean {
  const text = data.readText(SOURCES_PATH);
  if (text === undefined) return false;
  const parsed = sourcesSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    algorithm.journal.warn("SOURCES_UNREADABLE", `${SOURCES_PATH} cannot be read: sources of the data are unknown`);
    return false;
  }
  let isSynthetic = false;
  for (const { symbol } of algorithm.securities.all) {
    const entry = parsed.data[symbol.value];
    if (entry === undefined) continue;
    isSynthetic ||= entry.synthetic;
    const kind = entry.synthetic ? "synthetic, " : "";
    const notes = entry.notes.map((note) => ` ${note}`).join("");
    algorithm.journal.warn(
      entry.synthetic ? "DATA_SYNTHETIC" : "DATA_SOURCE",
      `${symbol.value}: ${kind}source ${entry.source}, licence ${entry.licence}.${notes}`,
    );
  }
  return isSynthetic;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
