/** What an object seems to be, by its content and the end of its key. Archives are named, never opened. */
export function mimeOf(key: string, content: Uint8Array): string {
  if (content[0] === 0x50 && content[1] === 0x4b && (content[2] ?? 0) <= 8) return "application/zip";
  if (textOf(content) === undefined) return "application/octet-stream";
  return key.endsWith(".json") ? "application/json" : "text/plain";
}

/** The content as text; undefined where it is none. */
export function textOf(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
