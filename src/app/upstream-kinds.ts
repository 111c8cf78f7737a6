import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import type { HealthPolicy } from "../clients/upstream/health-record.ts";
import type { Config } from "../config.ts";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";
import { upstreamEntrySchema, type UpstreamEntry } from "../domain/upstream-entry.ts";

const kindSchema = z.strictObject({
  about: z.string(),
  wants: z.enum(["folder", "url"]).optional(),
  entry: z.record(z.string(), z.json()),
});
const shippedSchema = z.strictObject({
  version: z.literal(1),
  health: z.strictObject({
    everySeconds: z.int().positive(),
    answerWithinSeconds: z.int().positive(),
    failures: z.int().positive(),
  }),
  kinds: z.record(z.string(), kindSchema),
});

function shipped(config: Config): z.output<typeof shippedSchema> {
  return shippedSchema.parse(parseJson(readFileSync(join(config.packageRoot, "config", "upstreams.json"), "utf8")));
}

/** How the health of an upstream is checked: as it is shipped, and as often as its entry says. */
export function healthPolicyOf(config: Config, entry: UpstreamEntry): HealthPolicy {
  const { everySeconds, answerWithinSeconds, failures } = shipped(config).health;
  return {
    everyMilliseconds: (entry.healthSeconds ?? everySeconds) * 1000,
    answerWithinMilliseconds: answerWithinSeconds * 1000,
    failures,
  };
}

/**
 * The entry of one of QuantConnect's own servers, as it is shipped.
 * @throws RefusalError `USAGE` for another kind, or where a folder or an address is missing.
 */
export function entryOfKind(
  config: Config,
  request: { readonly kind: string; readonly folder: string | undefined; readonly url: string | undefined },
): UpstreamEntry {
  const { kinds } = shipped(config);
  const kind = Object.hasOwn(kinds, request.kind) ? kinds[request.kind] : undefined;
  if (kind === undefined) throw usage(`--kind: one of ${Object.keys(kinds).join(", ")} was expected`);
  const given = kind.wants === undefined ? undefined : request[kind.wants];
  if (kind.wants !== undefined && given === undefined) throw usage(`--${kind.wants} was expected with this kind`);
  if (kind.wants === "folder" && !isAbsolute(given ?? "")) throw usage("--folder: the whole path was expected");
  const filled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(filled);
    return value === `{${kind.wants ?? ""}}` ? given : value;
  };
  const entry = Object.fromEntries(Object.entries(kind.entry).map(([name, value]) => [name, filled(value)]));
  const parsed = upstreamEntrySchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  throw usage(parsed.error.issues[0]?.message ?? "a server was expected");
}

function usage(message: string): RefusalError {
  return new RefusalError({
    code: "USAGE",
    message,
    remedy: "quantwright upstream add NAME --kind docker | --kind checkout --folder F | --kind hosted --url U",
  });
}
