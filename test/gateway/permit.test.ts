import { describe, expect, it } from "vitest";
import { Permit } from "../../src/gateway/permit.ts";

const order = { tool: "create_live_command", arguments: { projectId: 7, command: { key: "k" } } };
const plan = { account: "L-7", mode: "PAPER", inner: [order] } as const;
const permit = (): Permit => new Permit({ composedBy: "place_order", approvalId: "a", plan });

describe("the permit of a composed call", () => {
  it("covers its planned call once", () => {
    const one = permit();
    expect(one.take(order, plan)).toBe(true);
    expect(one.take(order, plan)).toBe(false);
  });

  it.each([
    ["of another tool", { ...order, tool: "stop_live_algorithm" }, plan],
    ["with other arguments", { ...order, arguments: { projectId: 8, command: { key: "k" } } }, plan],
    ["that would reach another account by now", order, { ...plan, account: "L-8" }],
    ["that would trade with real money by now", order, { ...plan, mode: "LIVE" }],
  ] as const)("does not cover a call %s", (_, call, now) => {
    const one = permit();
    expect(one.take(call, now)).toBe(false);
    expect(one.take(order, plan)).toBe(true);
  });
});
