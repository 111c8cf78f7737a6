import type { ApprovalView } from "../../domain/approval.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { visibleText } from "../../domain/visible-text.ts";
import { isSecretName } from "../redact.ts";

type Line = ApprovalView["lines"][number];
/** More is not read by anybody; what is left out is said. */
const MOST_LINES = 500;

/** What a call would change: a value by its name, before and after; null where there is none. */
export interface ChangeLine {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * What an approver is shown of a call. Everything in it comes from the call and from what the desk looked up; texts are
 * made safe to show, secrets are masked, and what the caller says about its own purpose has no place in it.
 */
export function approvalView(
  parts: Omit<ApprovalView, "lines"> & {
    /** What changes, where the desk knows it; every argument by its path follows. */
    readonly changes: readonly ChangeLine[];
    readonly arguments: unknown;
    readonly mask: (text: string) => string;
  },
): ApprovalView {
  const { changes, arguments: args, mask, ...about } = parts;
  const all = [...changes, ...argumentLines(args, { path: "", name: "" })];
  const shown = all.slice(0, MOST_LINES).map((line) => visibleLine(line, mask));
  const left = all.length - MOST_LINES;
  const more: Line = { what: "…", before: null, after: `${left} more lines are not shown; deny what you cannot see` };
  return {
    tool: visibleText(about.tool),
    class: about.class,
    profile: about.profile,
    account: visibleOrNull(about.account),
    lines: left > 0 ? [...shown, more] : shown,
    artefact: visibleOrNull(about.artefact),
    requestedBy: about.requestedBy,
    tainted: about.tainted,
    reason: visibleText(mask(about.reason)),
  };
}

/**
 * Every value of the arguments by its path, such as `brokerage.id`; a text of several lines line by line, whole: what
 * is not seen is not approved.
 */
function argumentLines(value: unknown, at: { readonly path: string; readonly name: string }): readonly Line[] {
  const { path, name } = at;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value);
    if (members.length > 0) {
      return members.flatMap(([key, member]) =>
        // Members of a list are as secret as the list.
        argumentLines(member, { path: path === "" ? key : `${path}.${key}`, name: Array.isArray(value) ? name : key }),
      );
    }
  }
  if (path === "") return [];
  if (isSecretName(name)) return [{ what: path, before: null, after: "•••" }];
  const text = typeof value === "string" ? value : canonicalJson(value);
  const lines = text.split(/\r?\n/);
  if (lines.length === 1) return [{ what: path, before: null, after: text }];
  return lines.map((line, index) => ({ what: `${path}, line ${index + 1}`, before: null, after: line }));
}

function visibleLine({ what, before, after }: Line, mask: (text: string) => string): Line {
  return { what: visibleText(mask(what), 200), before: maskedOrNull(before, mask), after: maskedOrNull(after, mask) };
}

function maskedOrNull(text: string | null, mask: (text: string) => string): string | null {
  return text === null ? null : visibleText(mask(text));
}

function visibleOrNull(text: string | null): string | null {
  return text === null ? null : visibleText(text);
}
