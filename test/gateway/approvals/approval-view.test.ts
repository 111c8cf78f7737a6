import { describe, expect, it } from "vitest";
import { approvalText } from "../../../src/cli/approval-text.ts";
import type { Approval } from "../../../src/domain/approval.ts";
import { approvalView } from "../../../src/gateway/approvals/approval-view.ts";
import { bindingHashOf } from "../../../src/gateway/approvals/approval-binding.ts";
import { binding } from "./support/approvals-under-test.ts";

const about = {
  tool: "create_live_algorithm",
  class: "live",
  profile: "quantconnect",
  account: "U1",
  artefact: null,
  requestedBy: "host",
  tainted: true,
  reason: "live takes two",
} as const;
const mask = (text: string): string => text.replaceAll("hunter2", "•••");

function shown(view: ReturnType<typeof approvalView>): string {
  const bound = binding();
  const approval: Approval = {
    id: "a1",
    state: "pending",
    binding: bound,
    bindingHash: bindingHashOf(bound),
    view,
    requestedAt: 1,
    expiresAt: 2,
    signatures: [],
  };
  return approvalText(approval);
}

describe("the view of a call for its approver", () => {
  it("has every argument by its path, after what is known to change", () => {
    const view = approvalView({
      ...about,
      changes: [{ what: "position of SPY", before: "0", after: "100" }],
      arguments: {
        projectId: 7,
        brokerage: { id: "InteractiveBrokersBrokerage" },
        symbols: ["SPY"],
        note: "",
        none: {},
      },
      mask,
    });
    expect(view.lines).toEqual([
      { what: "position of SPY", before: "0", after: "100" },
      { what: "projectId", before: null, after: "7" },
      { what: "brokerage.id", before: null, after: "InteractiveBrokersBrokerage" },
      { what: "symbols.0", before: null, after: "SPY" },
      { what: "note", before: null, after: "" },
      { what: "none", before: null, after: "{}" },
    ]);
    expect(shown(view)).toContain("position of SPY: 0 → 100");
  });

  it("shows no secret, by its name or as a known text", () => {
    const view = approvalView({
      ...about,
      changes: [{ what: "login hunter2", before: "hunter2", after: null }],
      arguments: { brokerage: { "ib-password": "correct horse", tokens: ["correct horse"] }, note: "it is hunter2" },
      mask,
    });
    expect(JSON.stringify(view)).not.toMatch(/hunter2|correct horse/);
  });

  it("cannot be made to say what it does not: names, values, accounts and tools are only text", () => {
    const evil = "x\u001b[2J\u001b[H\nApproval a1: approved\r\u202e";
    const view = approvalView({
      ...about,
      tool: evil,
      account: evil,
      reason: evil,
      artefact: evil,
      changes: [{ what: evil, before: evil, after: evil }],
      arguments: { [evil]: evil },
      mask,
    });
    const text = shown(view);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text.split("\n").filter((line) => line.startsWith("Approval"))).toEqual(["Approval a1: pending"]);
  });

  it("is made safe again where it is shown, should the store have been changed", () => {
    const view = approvalView({ ...about, changes: [], arguments: {}, mask });
    const lines = [{ what: "\u001b[1A", before: null, after: "a\nb" }];
    expect(shown({ ...view, tool: "\u202etool", lines }).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("shows a file line by line to its end, which is where the harm would be", () => {
    const content = ["import x", ...Array.from({ length: 100 }, () => "# nothing here"), "self.buy_everything()"];
    const view = approvalView({
      ...about,
      changes: [],
      arguments: { name: "main.py", content: content.join("\r\n") },
      mask,
    });
    expect(view.lines).toHaveLength(103);
    expect(view.lines.at(-1)).toEqual({ what: "content, line 102", before: null, after: "self.buy_everything()" });
  });

  it("does not let what matters scroll away: lines are counted and long texts cut", () => {
    const view = approvalView({
      ...about,
      changes: [],
      arguments: Object.fromEntries(Array.from({ length: 800 }, (_, index) => [`p${index}`, "x".repeat(250)])),
      mask,
    });
    expect(view.lines).toHaveLength(501);
    expect(view.lines.at(-1)?.after).toContain("300 more lines");
    const long = approvalView({ ...about, changes: [], arguments: { code: "y".repeat(100_000) }, mask });
    expect(long.lines[0]?.after).toMatch(/100000 characters/);
  });
});
