import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answered, gatewayUnderTest, type GatewayUnderTest } from "./support.ts";

const DEPLOYMENT = {
  versionId: "1",
  projectId: 7,
  compileId: "c1",
  nodeId: "n",
  brokerage: { id: "QuantConnectBrokerage" },
};

describe("a deployment", () => {
  let desk: GatewayUnderTest;
  let content: string;
  beforeEach(async () => {
    desk = await gatewayUnderTest();
    content = "x = 1";
    desk.upstreams.answers.set("read_file", () => answered({ success: true, files: [{ name: "main.py", content }] }));
    desk.upstreams.answers.set("create_compile", answered({ success: true, compileId: "c1", state: "InQueue" }));
  });
  afterEach(() => desk[Symbol.asyncDispose]());
  const call = (tool: string, args: object) => desk.gateway.call({ principal: "host", tool, arguments: args });
  const compile = () => call("qc_create_compile", { projectId: 7 });
  const deploy = async () => (await call("qc_create_live_algorithm", DEPLOYMENT)).refusal?.code;

  it("is asked for approval with the hash of what the compile contains", async () => {
    await compile();
    expect(await deploy()).toBe("APPROVAL_REQUIRED");
    const [approval] = await desk.approvals.list(1);
    expect(approval?.binding.artefact).toMatch(/^[0-9a-f]{64}$/);
    expect(approval?.view.lines).toContainEqual({
      what: "files, by hash",
      before: null,
      after: approval?.binding.artefact,
    });
  });

  it("is refused where nobody knows what is in the compile", async () => {
    expect(await deploy()).toBe("COMPILE_UNKNOWN");
  });

  it("is refused where the files are not those of the compile: what was looked at would not be what runs", async () => {
    await compile();
    content = "x = 2";
    expect(await deploy()).toBe("COMPILE_OUTDATED");
    content = "x = 1";
    expect(await deploy()).toBe("APPROVAL_REQUIRED");
  });

  it("is refused where the files changed while they were compiled", async () => {
    desk.upstreams.answers.set("create_compile", () => {
      content = "x = 3";
      return answered({ success: true, compileId: "c1", state: "InQueue" });
    });
    await compile();
    expect(await deploy()).toBe("COMPILE_UNKNOWN");
  });

  it("is refused where its files were others for a moment while they were compiled, and are the old ones again", async () => {
    desk.upstreams.answers.set("update_file_contents", (sent) => {
      content = String(sent.arguments["content"]);
      return answered({ success: true });
    });
    const edit = (text: string) => call("qc_update_file_contents", { projectId: 7, name: "main.py", content: text });
    let compiled = "";
    desk.upstreams.answers.set("create_compile", async () => {
      await edit("steal()");
      compiled = content;
      await edit("x = 1");
      return answered({ success: true, compileId: "c1", state: "InQueue" });
    });
    await compile();
    expect([compiled, content]).toEqual(["steal()", "x = 1"]);
    expect(await deploy()).toBe("COMPILE_UNKNOWN");
  });

  it("is refused where an edit was under way all the while its files were compiled", async () => {
    const edited = Promise.withResolvers<ReturnType<typeof answered>>();
    const asked = Promise.withResolvers<void>();
    desk.upstreams.answers.set("update_file_contents", () => {
      asked.resolve();
      return edited.promise;
    });
    const edit = call("qc_update_file_contents", { projectId: 7, name: "main.py", content: "x = 1" });
    await asked.promise;
    await compile();
    edited.resolve(answered({ success: true }));
    await edit;
    expect(await deploy()).toBe("COMPILE_UNKNOWN");
    await compile();
    expect(await deploy()).toBe("APPROVAL_REQUIRED");
  });

  it("is another one with other files: the approval of the first does not fit", async () => {
    await compile();
    await deploy();
    const [approval] = await desk.approvals.list(1);
    if (approval === undefined) throw new Error("no approval was asked for");
    const decision = await desk.operator.decide(desk.approvals, approval.id, { at: desk.clock.time });
    await desk.approvals.sign(decision);
    content = "x = 9";
    desk.upstreams.answers.set("create_compile", answered({ success: true, compileId: "c2", state: "InQueue" }));
    await compile();
    const second = await call("qc_create_live_algorithm", {
      ...DEPLOYMENT,
      compileId: "c2",
      approvalId: approval.id,
    });
    expect(second.refusal).toMatchObject({ code: "APPROVAL_ALTERED" });
    expect(second.refusal?.message).toContain("artefact");
  });
});
