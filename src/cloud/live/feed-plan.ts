import { z } from "zod";

const MICROS = 1_000_000;
const DAY_SECONDS = 86_400;

/** Where the prices of a deployment come from. Times are UTC microseconds. */
export const feedPlanSchema = z.discriminatedUnion("kind", [
  /** Stored prices, from a moment on, `speed` seconds of market time a second; stretches without bars are skipped. */
  z.object({
    kind: z.literal("replay"),
    startUtc: z.int(),
    endUtc: z.int(),
    speed: z.number().positive(),
  }),
  /** Seeded prices of no market, at the pace of the clock. */
  z.object({ kind: z.literal("synthetic") }),
]);

export type FeedPlan = z.infer<typeof feedPlanSchema>;

/** LEAN's first prices: no replay begins before. */
const FIRST_UTC: number = Date.UTC(1998, 0, 1) * 1000;
/** Beyond any deployment's end. */
export const FAR_FUTURE_UTC: number = Date.UTC(2035, 11, 30) * 1000;
const MOST_SPEED = 1_000_000;
const DEFAULT_SPEED = 60;

const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "expected a date such as 2020-01-31");
const askedSchema = z.object({
  kind: z.enum(["replay", "synthetic"], "expected replay or synthetic"),
  start: isoDay.optional(),
  end: isoDay.optional(),
  speed: z.coerce.number().positive().max(MOST_SPEED).optional(),
});

export type FeedChoice =
  | { readonly ok: true; readonly plan: FeedPlan }
  | { readonly ok: false; readonly message: string };

const HOW =
  "Choose one with the project parameters qw-feed (replay or synthetic), qw-feed-start, qw-feed-end (dates) and " +
  "qw-feed-speed (seconds of market time a second), or with the data provider Replay {id, start, end, speed}.";

/**
 * The feed of a new deployment: the data provider `Replay` or `Synthetic` of the request, else the project's
 * parameters `qw-feed…`, else the cloud's own where it makes prices. Dates are days in UTC, the end included.
 */
export function chooseFeed(request: {
  readonly dataProviders: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isSynthetic: boolean;
  /** UTC microseconds; a replay without an end goes up to now. */
  readonly now: number;
}): FeedChoice {
  const asked = askedFor(request);
  if (asked === undefined) {
    return { ok: false, message: `The local cloud has no real-time prices. ${HOW}` };
  }
  const parsed = askedSchema.safeParse(asked);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, message: `Invalid feed: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}. ${HOW}` };
  }
  const { kind, start, end, speed } = parsed.data;
  if (kind === "synthetic") {
    return request.isSynthetic
      ? { ok: true, plan: { kind } }
      : {
          ok: false,
          message: "The synthetic feed needs a cloud that makes prices: start it with --data-policy synthetic.",
        };
  }
  if (start === undefined) return { ok: false, message: `A replay needs the date it starts from. ${HOW}` };
  const startUtc = dayStart(start);
  const endUtc = end === undefined ? request.now : dayStart(end) + DAY_SECONDS * MICROS;
  if (Number.isNaN(startUtc) || Number.isNaN(endUtc) || endUtc <= startUtc) {
    return {
      ok: false,
      message: `A replay must end after it starts; from ${start} to ${end ?? "now"} came.`,
    };
  }
  if (startUtc < FIRST_UTC || endUtc > FAR_FUTURE_UTC) {
    return {
      ok: false,
      message: `A replay lies between 1998-01-01 and 2035-12-29; from ${start} to ${end ?? "now"} came.`,
    };
  }
  return { ok: true, plan: { kind, startUtc, endUtc, speed: speed ?? DEFAULT_SPEED } };
}

function askedFor({
  dataProviders,
  parameters,
  isSynthetic,
}: Parameters<typeof chooseFeed>[0]): Record<string, unknown> | undefined {
  for (const provider of Object.values(dataProviders)) {
    const { id, ...rest } = z.looseObject({ id: z.string() }).safeParse(provider).data ?? { id: "" };
    if (id === "Replay" || id === "Synthetic") return { ...rest, kind: id.toLowerCase() };
  }
  const kind = parameters["qw-feed"];
  if (kind === undefined) return isSynthetic ? { kind: "synthetic" } : undefined;
  return {
    kind,
    start: parameters["qw-feed-start"],
    end: parameters["qw-feed-end"],
    speed: parameters["qw-feed-speed"],
  };
}

function dayStart(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) * 1000;
}
