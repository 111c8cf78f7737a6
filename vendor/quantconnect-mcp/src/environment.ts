/** What the server knows of its surroundings. Read once, here and nowhere else. */
export interface Settings {
  readonly userId: string | undefined;
  readonly apiToken: string | undefined;
  /** Without a slash at the end. */
  readonly baseUrl: string;
}

const QUANTCONNECT_API = "https://www.quantconnect.com/api/v2";

/** Reads `QUANTCONNECT_USER_ID`, `QUANTCONNECT_API_TOKEN` and `QUANTCONNECT_BASE_URL`; blank counts as not set. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const value = (name: string): string | undefined => environment[name]?.trim() || undefined;
  return {
    userId: value("QUANTCONNECT_USER_ID"),
    apiToken: value("QUANTCONNECT_API_TOKEN"),
    baseUrl: (value("QUANTCONNECT_BASE_URL") ?? QUANTCONNECT_API).replace(/\/+$/, ""),
  };
}
