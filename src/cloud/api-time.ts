/** The API's form of a time in integer microseconds UTC: `YYYY-MM-DD HH:MM:SS`. */
export function apiTime(microseconds: number): string {
  return new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19).replace("T", " ");
}
