/** What the server knows of its surroundings. Read once, here and nowhere else. */
export interface Settings {
  readonly userId: string | undefined;
  readonly apiToken: string | undefined;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** The most calls a second; undefined for as many as come. */
  readonly callsPerSecond: number | undefined;
}

const QUANTCONNECT_API = "https://www.quantconnect.com/api/v2";

/** QuantConnect publishes no figure; this is ours. */
const CALLS_PER_SECOND = 10;
const THIS_MACHINE = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$)/i;

/**
 * Reads `QUANTCONNECT_USER_ID`, `QUANTCONNECT_API_TOKEN`, `QUANTCONNECT_BASE_URL` and `QUANTCONNECT_CALLS_PER_SECOND`;
 * blank counts as not set.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const value = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const baseUrl = (value("QUANTCONNECT_BASE_URL") ?? QUANTCONNECT_API).replace(/\/+$/, "");
  return {
    userId: value("QUANTCONNECT_USER_ID"),
    apiToken: value("QUANTCONNECT_API_TOKEN"),
    baseUrl,
    callsPerSecond: callsPerSecond(value("QUANTCONNECT_CALLS_PER_SECOND"), baseUrl),
  };
}

/** A cloud on this machine is asked as often as it likes, unless a number is given; 0 is for no limit. */
function callsPerSecond(given: string | undefined, baseUrl: string): number | undefined {
  const number = given === undefined ? Number.NaN : Number(given);
  if (number === 0) return undefined;
  if (Number.isFinite(number) && number > 0) return number;
  return THIS_MACHINE.test(baseUrl) ? undefined : CALLS_PER_SECOND;
}
