const DAY_SECONDS = 86_400;

/** A span in microseconds as LEAN writes it: `[d.]hh:mm:ss`. */
export function durationText(microseconds: number): string {
  const seconds = Math.round(microseconds / 1_000_000);
  const days = Math.floor(seconds / DAY_SECONDS);
  const parts = [Math.floor((seconds % DAY_SECONDS) / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return days === 0 ? clock : `${days}.${clock}`;
}
