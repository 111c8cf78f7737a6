import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

const nodesSchema = z.looseObject({ nodes: z.looseObject({ live: z.array(z.looseObject({ id: z.string() })) }) });

describe("a deployment that cannot be", () => {
  let cloud: CloudUnderTest;
  let base: Record<string, unknown>;
  beforeAll(async () => {
    cloud = await startCloud();
    const projectId = await cloud.project("nothing");
    const { nodes } = nodesSchema.parse(await cloud.call("/projects/nodes/read", { projectId }));
    base = { projectId, compileId: await cloud.compile(projectId), nodeId: nodes.live[0]?.id, versionId: "-1" };
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  const create = (brokerage: Record<string, unknown>, replay: Record<string, unknown>): Promise<Answer> =>
    cloud.call("/live/create", {
      ...base,
      brokerage: { id: "QuantConnectBrokerage", ...brokerage },
      dataProviders: { Replay: { id: "Replay", start: "2024-03-04", end: "2024-03-08", ...replay } },
    });

  it.each([
    ["0001-01-01", "0001-02-01"],
    ["1900-01-01", "1900-02-01"],
    ["2024-01-01", "2150-01-01"],
    ["9999-01-01", "9999-12-31"],
  ])("by a replay from %s to %s is refused, and nothing is kept of it", async (start, end) => {
    const refused = await create({}, { start, end });
    expect(refused.errors?.[0]).toContain("A replay lies between 1998-01-01 and 2035-12-29");
    expect(await cloud.call("/live/list")).toMatchObject({ success: true, live: [] });
  });

  it("by holdings that are too large for a decimal, or no pair of currencies, is a business error", async () => {
    const huge = await create({ holdings: [{ symbol: "SPY", quantity: 1e15, averagePrice: 1e15 }] }, {});
    expect(huge.errors?.[0]).toContain("The broker cannot begin with this account");
    const unknown = await create({ holdings: [{ symbolId: "XXXYYY E3", quantity: 1 }] }, {});
    expect(unknown.errors?.[0]).toContain("The broker cannot begin with this account");
    const listed = await cloud.call("/live/list");
    expect(listed["live"]).toMatchObject([{ status: "DeployError" }, { status: "DeployError" }]);
  });
});
