import { createHash } from "node:crypto";

/** Where QuantConnect's own cloud answers. */
export const QUANTCONNECT_API = "https://www.quantconnect.com/api/v2";

/** How to reach an API of QuantConnect's kind: the local cloud, or the real one. */
export interface CloudApi {
  /** Base of the API; a local one may move when it starts anew. */
  readonly url: () => string;
  readonly userId: string;
  readonly token: string;
  /** Seconds since the epoch, for the API's stamp. */
  readonly seconds: () => number;
  readonly deadlineMilliseconds: number;
}

/** Posts to an API and gives its answer as it came. Rejects where none comes in time, or it is no JSON. */
export async function postToCloud(
  api: CloudApi,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const stamp = String(api.seconds());
  const hash = createHash("sha256").update(`${api.token}:${stamp}`).digest("hex");
  const response = await fetch(`${api.url()}${path}`, {
    method: "POST",
    headers: {
      Authorization: `Basic ${Buffer.from(`${api.userId}:${hash}`).toString("base64")}`,
      Timestamp: stamp,
      "Content-Type": "application/json",
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(api.deadlineMilliseconds),
  });
  return response.json();
}
