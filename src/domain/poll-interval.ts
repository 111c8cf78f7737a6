import type { Profile } from "./profile.ts";

/**
 * The least time between two looks at the same thing, in milliseconds. QuantConnect's cloud is never asked faster; the
 * local cloud is ours, and asking it costs little.
 */
export const LEAST_POLL_MILLISECONDS: Readonly<Record<Profile, number>> = { local: 200, quantconnect: 2000 };

/** A wait before the next look, not shorter than the profile's cloud allows. */
export function pollWait(profile: Profile, milliseconds: number): number {
  return Math.max(LEAST_POLL_MILLISECONDS[profile], milliseconds);
}
