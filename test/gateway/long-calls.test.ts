import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { approvalView } from "../../src/gateway/approvals/approval-view.ts";
import { nearestNames } from "../../src/gateway/nearest-names.ts";
import { keptCopy } from "../../src/gateway/redact.ts";
import { gatewayUnderTest, SECRET, testSkill, textOf, type GatewayUnderTest } from "./support.ts";

const plain = (text: string): string => text;
const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, "x"]));

describe("a call that is made very long", () => {
  let desk: GatewayUnderTest;
  beforeEach(async () => {
    desk = await gatewayUnderTest({
      skills: [testSkill("look", () => Promise.resolve({ data: {}, source: "a test" }))],
    });
  });
  afterEach(() => desk[Symbol.asyncDispose]());

  const record = async (): Promise<string> => JSON.stringify((await desk.ledger.tail(1))[0]);

  it("is compared with no names where its own is longer than any, and is told in short", async () => {
    expect(nearestNames("place_orders", ["place_order"])).toEqual(["place_order"]);
    expect(nearestNames("place_order".repeat(20), ["place_order"])).toEqual([]);
    const { result, refusal } = await desk.gateway.call({
      principal: "host",
      tool: "x".repeat(100_000),
      arguments: {},
    });
    expect(refusal?.code).toBe("TOOL_UNKNOWN");
    expect(textOf(result).length).toBeLessThan(1000);
  });

  it.each([
    ["in many fields", many],
    ["in nested fields", { one: many, two: { three: many } }],
    ["in long names of fields", { ["y".repeat(100_000)]: 1 }],
    ["in many texts", Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`f${index}`, "z".repeat(290)]))],
  ])("leaves a short record and gets a short answer: %s", async (_, args) => {
    for (const tool of ["look", "nothing"]) {
      const { result } = await desk.gateway.call({ principal: "host", tool, arguments: args });
      expect(JSON.stringify(result).length).toBeLessThan(4000);
      expect((await record()).length).toBeLessThan(20_000);
    }
  });

  it("keeps no secret in the copy that is cut, and keeps what is short whole", () => {
    const hide = (text: string): string => text.replaceAll(SECRET, "•••");
    const args = Object.fromEntries(
      Array.from({ length: 180 }, (_, index) => [`f${index}`, `${SECRET} ${"z".repeat(280)}`]),
    );
    expect(keptCopy(args, hide)).toContain("cut from");
    expect(keptCopy(args, hide)).not.toContain(SECRET);
    expect(keptCopy({ a: [1, "two"] }, plain)).toBe('{"a":[1,"two"]}');
    expect(keptCopy(undefined, plain)).toBe("");
  });

  it("is put before an approver no further than he reads, and masked no further either", () => {
    let masked = 0;
    const mask = (text: string): string => {
      masked += 1;
      return text;
    };
    const about = { class: "live", profile: "local", account: null, artefact: null } as const;
    const view = approvalView({
      ...about,
      tool: "qc_update_file_contents",
      changes: [],
      arguments: { content: "line\n".repeat(100_000) },
      requestedBy: "host",
      tainted: true,
      reason: "a test",
      mask,
    });
    expect(view.lines).toHaveLength(501);
    expect(view.lines.at(-1)?.after).toContain("99501 more lines");
    expect(masked).toBeLessThan(2000);
  });
});
