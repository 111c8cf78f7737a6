import { describe, expect, it } from "vitest";
import type { DemoClient } from "../../../src/app/demo/demo-client.ts";
import { tradeOnPaper } from "../../../src/app/demo/paper-trading.ts";
import { RefusalError } from "../../../src/domain/refusal.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";

describe("paper trading in the demo", () => {
  it("ends where a deployment is refused for another reason than its approval, and says which", async () => {
    const answers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      qc_update_project_parameters: {},
      qc_create_compile: { compileId: "c-1", state: "BuildSuccess" },
      qc_read_project_nodes: { nodes: { live: [{ id: "n-1" }] } },
    };
    const called: string[] = [];
    const client: DemoClient = {
      tools: [],
      server: "quantwright",
      call: (tool) => {
        called.push(tool);
        const answer = answers[tool];
        const refused = new RefusalError({ code: "HALTED", message: "HALTED: trading is halted" });
        return answer === undefined ? Promise.reject(refused) : Promise.resolve(answer);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const trading = tradeOnPaper({
      client,
      control: { request: () => Promise.resolve({ desk: "d-1", state: { kind: "none" } }) },
      projectId: 1,
      ticker: "SPY",
      say: (_, work) => work(),
      signal: new AbortController().signal,
      halt: () => Promise.reject(new Error("nothing is there to halt")),
    });
    expect(await refusalOf(trading)).toMatchObject({
      code: "TOOL_FAILED",
      message: "qc_create_live_algorithm: HALTED: trading is halted",
    });
    // It was not tried again without an approval.
    expect(called).toEqual([...Object.keys(answers), "qc_create_live_algorithm"]);
  });
});
