import type { Readable } from "node:stream";

/** A line may have so many characters before it is cut: a server that writes no line ends must not fill the memory. */
const LONGEST_LINE = 16_000;

/** Hands over each line of a stream of text that is not blank. Lines are whole, so that a mask finds what it looks for. */
export function forEachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  const flush = (): void => {
    if (rest.trim() !== "") take(rest);
    rest = "";
  };
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = chunk.split("\n");
    lines.forEach((line, index) => {
      rest += line;
      if (index < lines.length - 1 || rest.length > LONGEST_LINE) flush();
    });
  });
  stream.once("end", flush);
}
