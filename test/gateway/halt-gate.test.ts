import { describe, expect, it } from "vitest";
import { haltRefusal, type HaltGate } from "../../src/gateway/halt-gate.ts";

const notice = { haltId: "h", target: "L-7", since: 1, by: "anna", reason: "asked" };
const one: HaltGate = {
  closed: (account) => (account === "L-7" ? notice : undefined),
  anyAccount: () => notice,
};

describe("the halt of one account", () => {
  it.each([
    ["an order in it", { class: "paper", account: "L-7", tool: "place_order" }, "HALTED"],
    ["an order in another", { class: "paper", account: "L-8", tool: "place_order" }, undefined],
    ["a new deployment", { class: "live", account: null, tool: "qc_create_live_algorithm" }, undefined],
    ["a command to all deployments", { class: "live", account: null, tool: "qc_broadcast_live_command" }, "HALTED"],
    ["what reduces in it", { class: "reduce", account: "L-7", tool: "place_order" }, undefined],
  ] as const)("stops %s: %j %s", (_, call, code) => {
    expect(haltRefusal(one, call)?.code).toBe(code);
  });
});
