const LONGEST = 255;

/** The key without a leading slash; undefined where it is no path inside of an object store. */
export function objectKey(text: string): string | undefined {
  const key = text.replace(/^\/+/, "");
  const isPath =
    key.length <= LONGEST &&
    !/[\\]|\p{Cc}/u.test(key) &&
    key.split("/").every((segment) => segment.trim() !== "" && segment !== "." && segment !== "..");
  return isPath ? key : undefined;
}

/** The folders that a key lies in, outermost first. */
export function foldersOf(key: string): string[] {
  const segments = key.split("/");
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
}
