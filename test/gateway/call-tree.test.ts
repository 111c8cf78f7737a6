import { describe, expect, it } from "vitest";
import type { AuditEntry, AuditRecord } from "../../src/domain/audit-record.ts";
import { callTreeText } from "../../src/cli/call-tree-text.ts";
import { callTree, type CallNode } from "../../src/gateway/call-tree.ts";
import { auditEntry } from "../store/support/records.ts";

function records(...entries: readonly Partial<AuditEntry>[]): AuditRecord[] {
  return entries.map((entry, index) => ({
    ...auditEntry(entry),
    seq: index + 1,
    at: 1_700_000_000_000_000 + index * 1500,
    previousHash: "",
    hash: "",
  }));
}

const shapeOf = (nodes: readonly CallNode[]): unknown[] => nodes.map(({ callId, calls }) => [callId, shapeOf(calls)]);
const plain = { paint: (_: string, text: string) => text };

describe("the calls of some records", () => {
  it("stand below the calls that made them, in the order of their beginnings", () => {
    const tree = callTree(
      records(
        { callId: "a" },
        { callId: "b", parentCallId: "a" },
        { callId: "b", parentCallId: "a", kind: "outcome", result: "ok" },
        { callId: "c", parentCallId: "a", kind: "refusal", result: "HALTED" },
        { callId: "a", kind: "outcome", result: "ok" },
        { callId: "d", parentCallId: "not here" },
      ),
    );
    expect(shapeOf(tree)).toEqual([
      [
        "a",
        [
          ["b", []],
          ["c", []],
        ],
      ],
      ["d", []],
    ]);
    expect(tree[0]?.end?.seq).toBe(5);
    expect(tree[0]?.calls[1]?.begin?.result).toBe("HALTED");
  });

  it("end where records that were tampered with name each other", () => {
    expect(shapeOf(callTree(records({ callId: "a", parentCallId: "a" })))).toEqual([["a", []]]);
    expect(callTree(records({ callId: "a", parentCallId: "b" }, { callId: "b", parentCallId: "a" }))).toEqual([]);
  });

  it("are shown with time, duration and end, and nothing in them moves the cursor", () => {
    const text = callTreeText(
      callTree(
        records(
          { callId: "a", tool: "place_order", class: "paper", account: "L-7", arguments: '{"x":"\u001b[2J\u202e"}' },
          { callId: "b", parentCallId: "a" },
          { callId: "a", kind: "outcome", result: "OUTCOME_UNKNOWN", detail: "two\nlines\u0007" },
        ),
      ),
      plain,
    );
    expect(text).toContain("2023-11-14T22:13:20");
    expect(text).toMatch(/3\.0 ms {2}host {2}paper {2}place_order {2}OUTCOME_UNKNOWN/);
    expect(text).toMatch(/read {2}qc_read_account {2}open/);
    expect(text).toContain("account L-7");
    expect(text).toContain("\\u{1b}[2J\\u{202e}");
    expect(text).toContain("two\\u{a}lines\\u{7}");
    // oxlint-disable-next-line no-control-regex -- that there is none is what is tested
    expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});
