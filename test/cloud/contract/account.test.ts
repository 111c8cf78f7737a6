import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CloudUnderTest, ORGANIZATION_ID, startCloud } from "../support/cloud-under-test.ts";

describe("account and LEAN versions", () => {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("names the organisation and has no card", async () => {
    const account = { success: true, organizationId: ORGANIZATION_ID, creditBalance: 0, card: null };
    expect(await cloud.call("/account/read")).toEqual(account);
  });

  it("lists the one engine there is", async () => {
    const { versions } = await cloud.call("/lean/versions/read");
    expect(versions).toEqual([expect.objectContaining({ id: 1, leanHash: "c".repeat(40), public: true })]);
  });
});
