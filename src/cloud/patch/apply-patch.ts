import { accepted, type Outcome, refused } from "../../domain/refusal.ts";
import type { FilePatch, Hunk } from "./parse-patch.ts";

/** New text by file name; null removes the file. */
export type PatchedFiles = Readonly<Record<string, string | null>>;

/**
 * Applies a diff to files in memory: all of it or nothing. A hunk is looked for where its header says, else at the
 * nearest place where its lines match, as git and patch do.
 */
export function applyPatch(files: ReadonlyMap<string, string>, patches: readonly FilePatch[]): Outcome<PatchedFiles> {
  const changed = new Map<string, string | null>();
  const current = (name: string): string | undefined => {
    const text = changed.has(name) ? changed.get(name) : files.get(name);
    return text ?? undefined;
  };
  for (const { from, to, hunks } of patches) {
    const name = to ?? from;
    if (name === undefined) return refusedBecause("both sides of a file are /dev/null");
    const text = from === undefined ? "" : current(from);
    if (text === undefined) return refusedBecause(`the project has no file ${from ?? name}`);
    if (from !== to && to !== undefined && current(to) !== undefined)
      return refusedBecause(`the file ${to} exists already`);
    const patched = applyHunks(text, hunks, name);
    if (!patched.ok) return patched;
    if (from !== undefined && from !== to) changed.set(from, null);
    if (to !== undefined) changed.set(to, patched.value);
  }
  return accepted(Object.fromEntries(changed));
}

function applyHunks(text: string, hunks: readonly Hunk[], name: string): Outcome<string> {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const endsOpen = text !== "" && !text.endsWith("\n");
  const lines = text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
  let shift = 0;
  let floor = 0;
  let open = endsOpen;
  for (const [index, hunk] of hunks.entries()) {
    // A hunk that only adds names the line after which it adds.
    const wanted = (hunk.before.length === 0 ? hunk.line : Math.max(0, hunk.line - 1)) + shift;
    const at = placeOf(lines, hunk.before, { wanted, floor });
    if (at === undefined) {
      const first = hunk.before[0] ?? "";
      return refusedBecause(
        `hunk ${index + 1} of ${name} does not match the file: no place has its lines, which begin with "${first.slice(0, 80)}"`,
      );
    }
    const touchesEnd = at + hunk.before.length >= lines.length;
    lines.splice(at, hunk.before.length, ...hunk.after);
    if (touchesEnd) open = hunk.noNewlineAtEnd;
    shift += hunk.after.length - hunk.before.length;
    floor = at + hunk.after.length;
  }
  return accepted(lines.length === 0 ? "" : lines.join(newline) + (open ? "" : newline));
}

/** The nearest place at or after `floor` where the lines match; blanks at line ends do not count. */
function placeOf(
  lines: readonly string[],
  before: readonly string[],
  { wanted, floor }: { readonly wanted: number; readonly floor: number },
): number | undefined {
  const last = lines.length - before.length;
  if (before.length === 0) return Math.min(Math.max(wanted, floor), lines.length);
  const matches = (at: number): boolean =>
    at >= floor && at <= last && before.every((line, offset) => lines[at + offset]?.trimEnd() === line.trimEnd());
  for (let distance = 0; distance <= Math.max(wanted, lines.length); distance += 1) {
    if (matches(wanted - distance)) return wanted - distance;
    if (matches(wanted + distance)) return wanted + distance;
  }
  return undefined;
}

function refusedBecause(message: string): { readonly ok: false; readonly refusal: { code: string; message: string } } {
  return refused({ code: "PATCH_DOES_NOT_APPLY", message });
}
