import { accepted, type Outcome, refused } from "../../domain/refusal.ts";

/** One changed place: `remove` and `add` are whole lines in order, with the context in both. */
export interface Hunk {
  /** Line of the old file where it is said to begin, 1-based; 0 for a new file. */
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The diff said that the new text has no line end after its last line. */
  readonly noNewlineAtEnd: boolean;
}

/** What a diff does to one file. Undefined paths stand for `/dev/null`. */
export interface FilePatch {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly hunks: readonly Hunk[];
}

interface Cursor {
  readonly lines: readonly string[];
  at: number;
}

const HUNK_HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Reads a unified diff as git writes it, for one or several files; renames without hunks are understood. */
export function parsePatch(text: string): Outcome<readonly FilePatch[]> {
  const cursor: Cursor = { lines: text.replace(/\r\n/g, "\n").replace(/\n$/, "").split("\n"), at: 0 };
  const patches: FilePatch[] = [];
  let renamedFrom: string | undefined;
  while (cursor.at < cursor.lines.length) {
    const line = cursor.lines[cursor.at] ?? "";
    if (line.startsWith("--- ")) {
      const patch = readFile(cursor);
      if (!patch.ok) return patch;
      patches.push(patch.value);
      renamedFrom = undefined;
      continue;
    }
    if (line.startsWith("rename from ")) renamedFrom = line.slice("rename from ".length);
    if (line.startsWith("rename to ") && renamedFrom !== undefined && !hasHunks(cursor)) {
      patches.push({ from: renamedFrom, to: line.slice("rename to ".length), hunks: [] });
    }
    if (line.startsWith("@@")) return malformed(cursor.at, "a hunk before any --- and +++ lines");
    cursor.at += 1;
  }
  return patches.length === 0 ? malformed(0, "no file header (--- and +++ lines) at all") : accepted(patches);
}

/** Whether the part of the current file goes on with hunks, which have the names in their own header. */
function hasHunks({ lines, at }: Cursor): boolean {
  for (const line of lines.slice(at + 1)) {
    if (line.startsWith("diff --git ")) return false;
    if (line.startsWith("--- ")) return true;
  }
  return false;
}

function readFile(cursor: Cursor): Outcome<FilePatch> {
  const from = pathOf(cursor.lines[cursor.at] ?? "");
  const next = cursor.lines[cursor.at + 1] ?? "";
  if (!next.startsWith("+++ ")) return malformed(cursor.at + 1, "no +++ line after the --- line");
  const to = pathOf(next);
  cursor.at += 2;
  const hunks: Hunk[] = [];
  while (cursor.lines[cursor.at]?.startsWith("@@") === true) {
    const hunk = readHunk(cursor);
    if (!hunk.ok) return hunk;
    hunks.push(hunk.value);
  }
  if (hunks.length === 0) return malformed(cursor.at, "no @@ hunk for the file");
  return accepted({ from, to, hunks });
}

function pathOf(header: string): string | undefined {
  const path = (header.slice(4).split("\t")[0] ?? "").trim().replace(/^"(.*)"$/, "$1");
  return path === "/dev/null" ? undefined : path.replace(/^[ab]\//, "");
}

function readHunk(cursor: Cursor): Outcome<Hunk> {
  const header = HUNK_HEADER.exec(cursor.lines[cursor.at] ?? "");
  if (header === null) return malformed(cursor.at, "a hunk header that is not @@ -line,count +line,count @@");
  let [oldLeft, newLeft] = [Number(header[2] ?? 1), Number(header[4] ?? 1)];
  const before: string[] = [];
  const after: string[] = [];
  let noNewlineAtEnd = false;
  for (cursor.at += 1; cursor.at < cursor.lines.length; cursor.at += 1) {
    const line = cursor.lines[cursor.at] ?? "";
    if (line.startsWith("\\")) {
      // Belongs to the line before it: the new text, unless that line was only removed.
      if (cursor.lines[cursor.at - 1]?.startsWith("-") !== true) noNewlineAtEnd = true;
      continue;
    }
    if (oldLeft <= 0 && newLeft <= 0) break;
    // Editors strip the one blank of a context line that is otherwise empty.
    const sign = line === "" ? " " : line.charAt(0);
    if (sign !== " " && sign !== "-" && sign !== "+")
      return malformed(cursor.at, "a line of a hunk that begins with none of blank, - and +");
    if (sign !== "+") {
      before.push(line.slice(1));
      oldLeft -= 1;
    }
    if (sign !== "-") {
      after.push(line.slice(1));
      newLeft -= 1;
    }
  }
  if (oldLeft > 0 || newLeft > 0) return malformed(cursor.at, "a hunk that is shorter than its header says");
  return accepted({ line: Number(header[1]), before, after, noNewlineAtEnd });
}

function malformed(
  index: number,
  what: string,
): { readonly ok: false; readonly refusal: { code: string; message: string } } {
  return refused({
    code: "PATCH_MALFORMED",
    message: `expected a unified diff, but line ${index + 1} of the patch has ${what}`,
  });
}
