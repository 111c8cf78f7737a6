import { afterEach, describe, expect, it } from "vitest";
import { answered, gatewayUnderTest, ScriptedUpstreams, testSkill, VENDORED_TOOLS } from "./support.ts";
import type { GatewayUnderTest } from "./support.ts";

describe("a QuantConnect server that lacks a tool", () => {
  let desk: GatewayUnderTest;
  const upstreams = new ScriptedUpstreams([]);
  afterEach(async () => {
    upstreams.calls.length = 0;
    await desk[Symbol.asyncDispose]();
  });
  const open = async (listed: typeof VENDORED_TOOLS): Promise<void> => {
    upstreams.listed = listed;
    upstreams.answers.set("read_file", answered({ files: [] }));
    const skill = testSkill("two_steps", async (_, context) => {
      await context.upstream("read_file", { projectId: 1 });
      await context.upstream("create_backtest", { projectId: 1, compileId: "c", backtestName: "n" });
      return { data: {}, source: "test" };
    });
    desk = await gatewayUnderTest({ upstreams, skills: [{ ...skill, needs: ["read_file", "create_backtest"] }] });
  };
  const call = async (tool: string) => (await desk.gateway.call({ principal: "host", tool, arguments: {} })).refusal;

  it("is sent no part of what it cannot do whole, and the refusal names what is missing", async () => {
    await open(VENDORED_TOOLS.filter(({ name }) => name !== "create_backtest"));
    expect(await call("two_steps")).toMatchObject({
      code: "TOOL_NOT_SERVED",
      message: expect.stringContaining("two_steps needs create_backtest,") as string,
      remedy: expect.stringContaining("upstream use") as string,
    });
    expect((await call("qc_create_backtest"))?.code).toBe("TOOL_NOT_SERVED");
    // What nobody knows is no question of the server.
    expect((await call("qc_create_back"))?.code).toBe("TOOL_UNKNOWN");
    expect(upstreams.calls).toEqual([]);
  });

  it("is not blamed before it has listed anything", async () => {
    await open([]);
    expect((await call("qc_create_backtest"))?.code).toBe("TOOL_UNKNOWN");
    expect((await call("two_steps"))?.code).toBe("TOOL_UNKNOWN");
  });
});
