import { unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InsightRecord } from "../../../src/lean/results/insight-record.ts";
import { type CloudUnderTest, credentials, ORGANIZATION_ID, startCloud } from "../support/cloud-under-test.ts";
import { sampleResult } from "../support/sample-result.ts";

function insight(number: number): InsightRecord {
  return {
    id: String(number).repeat(32),
    groupId: null,
    sourceModel: "model",
    generatedTime: 1_546_439_460,
    closeTime: 1_546_525_860,
    symbol: "SPY R735QTJ8XC9X",
    ticker: "SPY",
    type: "price",
    reference: 100,
    referenceFinal: 101,
    direction: "up",
    period: 86_400,
    magnitude: null,
    confidence: null,
    weight: null,
    scoreFinal: true,
    scoreDirection: 1,
    scoreMagnitude: 0,
    estimatedValue: 0,
    tag: "",
  };
}

describe("what newer clients and lean-cli ask for", () => {
  let cloud: CloudUnderTest;
  let projectId = 0;
  let backtestId = "";
  beforeAll(async () => {
    cloud = await startCloud();
    projectId = await cloud.project();
    backtestId = await cloud.backtest(projectId);
    const isDone = (answer: unknown): boolean => JSON.stringify(answer).includes("Completed.");
    await cloud.until("/backtests/list", { projectId }, isDone);
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("shows closed trades with their orders by pages, and their statistics in the result", async () => {
    const buy = sampleResult().fills[0];
    if (buy === undefined) throw new Error("the sample has no fill");
    const sell = { ...buy, orderId: 2, quantity: "-1", price: "103.50", timeUtc: buy.timeUtc + 3_600_000_000 };
    const own = await cloud.project();
    const id = "d".repeat(32);
    const compileId = await cloud.compile(own);
    const rest = { name: "T", parameters: {}, parameterSet: {}, now: Date.now() * 1000 };
    await cloud.store.backtests.create({ backtestId: id, projectId: own, compileId, ...rest });
    await cloud.store.backtests.claimNext(1);
    await cloud.store.backtests.finish(id, sampleResult({ fills: [buy, sell] }), 2);
    const ids = { projectId: own, backtestId: id };
    expect(await cloud.call("/backtests/trades/read", { ...ids, start: 0, end: 100 })).toMatchObject({
      length: 1,
      trades: [
        {
          symbols: [{ value: "SPY" }],
          direction: 0,
          quantity: 1,
          profitLoss: 3.5,
          totalFees: 2,
          duration: "01:00:00",
          isWin: true,
          orderIds: [1, 2],
          orders: [{ id: 1 }, { id: 2 }],
        },
      ],
    });
    expect(await cloud.call("/backtests/read", ids)).toMatchObject({
      backtest: { totalPerformance: { closedTrades: [{ profitLoss: 3.5 }], tradeStatistics: { totalProfit: 3.5 } } },
    });
    for (const page of [
      { start: 0, end: 101 },
      { start: 5, end: 5 },
      { start: -1, end: 3 },
    ]) {
      expect((await cloud.call("/backtests/trades/read", { ...ids, ...page })).success).toBe(false);
    }
  });

  it("shows insights by pages under both paths", async () => {
    const own = await cloud.project();
    const id = "e".repeat(32);
    const compileId = await cloud.compile(own);
    const rest = { name: "I", parameters: {}, parameterSet: {}, now: Date.now() * 1000 };
    await cloud.store.backtests.create({ backtestId: id, projectId: own, compileId, ...rest });
    await cloud.store.backtests.claimNext(1);
    await cloud.store.backtests.finish(id, sampleResult({ insights: [insight(1), insight(2), insight(3)] }), 2);
    for (const path of ["/backtests/read/insights", "/backtests/insights/read"]) {
      const page = { projectId: own, backtestId: id, start: 1, end: 3 };
      expect(await cloud.call(path, page)).toMatchObject({ length: 3, insights: [insight(2), insight(3)] });
    }
  });

  it("makes a report that is one page and says nothing unescaped", async () => {
    await cloud.call("/backtests/update", { projectId, backtestId, name: "<script>x</script>" });
    const { report } = await cloud.call("/backtests/read/report", { projectId, backtestId });
    expect(report).toMatch(/^<!doctype html>/);
    expect(report).toContain("&lt;script&gt;x&lt;/script&gt;");
    expect(report).not.toMatch(/<script|https?:/);
    expect(report).toContain("12.345%");
    expect((await cloud.call("/backtests/read/report", { projectId, backtestId: " " })).success).toBe(false);
  });

  it("says that a report is being made while the backtest runs", async () => {
    await using own = await startCloud();
    const waiting = await own.project("wait");
    const id = await own.backtest(waiting);
    const answer = await own.call("/backtests/read/report", { projectId: waiting, backtestId: id });
    expect(answer).toEqual({ success: true, generating: true });
  });

  it("keeps the tags of a backtest", async () => {
    expect((await cloud.call("/backtests/tags/update", { projectId, backtestId, tags: ["a", "b", "a"] })).success).toBe(
      true,
    );
    expect(await cloud.call("/backtests/list", { projectId })).toMatchObject({ backtests: [{ tags: ["a", "b"] }] });
    for (const tags of [null, "x", [""], [1]]) {
      expect((await cloud.call("/backtests/tags/update", { projectId, backtestId, tags })).success).toBe(false);
    }
  });

  it("updates a project as lean-cli does: parameters, files and libraries in one form", async () => {
    const library = await cloud.project();
    const fields = {
      projectId: String(projectId),
      description: "d",
      "parameters[0][key]": "fast",
      "parameters[0][value]": "10",
      "files[0][name]": "main.py",
      "files[0][content]": "pushed",
      "files[1][name]": "lib/b.py",
      "files[1][content]": "",
      "libraries[0]": String(library),
      encryptionKey: "",
      codeSourceId: "cli",
    };
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const raw = new URLSearchParams(fields).toString();
    expect(await cloud.call("/projects/update", null, { headers, raw })).toEqual({ success: true });
    expect(await cloud.call("/projects/read", { projectId })).toMatchObject({
      projects: [
        {
          parameters: [{ key: "fast", value: "10" }],
          libraries: [{ projectId: library, access: true }],
          collaborators: [{ permission: "write", profileImage: "" }],
          leanVersionId: 1,
          leanPinnedToMaster: true,
        },
      ],
    });
    const { files } = await cloud.call("/files/read", { projectId });
    expect(files).toMatchObject([
      { name: "lib/b.py", content: "" },
      { name: "main.py", content: "pushed" },
      { name: "research.ipynb" },
    ]);
    const none = `projectId=${projectId}&parameters=`;
    expect((await cloud.call("/projects/update", null, { headers, raw: none })).success).toBe(true);
    expect(await cloud.call("/projects/read", { projectId })).toMatchObject({ projects: [{ parameters: [] }] });
    for (const bad of ["libraries[0]=1", "files[0][name]=../x&files[0][content]=y"]) {
      const refused = await cloud.call("/projects/update", null, { headers, raw: `projectId=${projectId}&${bad}` });
      expect(refused.success).toBe(false);
    }
    expect((await cloud.call("/projects/library/delete", { projectId, libraryId: library })).success).toBe(true);
    expect((await cloud.call("/projects/library/delete", { projectId, libraryId: library })).success).toBe(false);
    expect((await cloud.call("/projects/library/create", { projectId, libraryId: projectId })).success).toBe(false);
  });

  it("shows lean-cli the organisation, its nodes and what else it asks for", async () => {
    expect(await cloud.call("/organizations/list")).toMatchObject({ organizations: [{ id: ORGANIZATION_ID }] });
    expect(await cloud.call("/organizations/read")).toMatchObject({ organization: { id: ORGANIZATION_ID, seats: 1 } });
    const nodes = await cloud.call("/nodes/read", { organizationId: ORGANIZATION_ID });
    expect(nodes).toMatchObject({ backtest: [{ price: { monthly: 0 }, cpu: 1 }, {}], research: [{}, {}] });
    for (const path of [
      "/user/read",
      "/organizations/encryption/keys/list/",
      "/modules/list",
      "/lean/environments/read",
    ])
      expect((await cloud.call(path)).success).toBe(true);
    for (const path of ["/organizations/read", "/nodes/read", "/user/read"])
      expect((await cloud.call(path, { organizationId: " " })).success).toBe(false);
  });

  it("stores an archive as it is, without looking into it", async () => {
    const bomb = zipSync({ "zeros.bin": new Uint8Array(3_000_000) }, { level: 9 });
    const form = new FormData();
    form.append("organizationId", ORGANIZATION_ID);
    form.append("key", "archive.zip");
    form.append("objectData", new Blob([bomb.slice()]), "archive.zip");
    const sent = await fetch(`${cloud.url}/object/set`, { method: "POST", headers: credentials(), body: form });
    expect(await sent.json()).toEqual({ success: true });
    const key = { organizationId: ORGANIZATION_ID, key: "archive.zip" };
    expect(await cloud.call("/object/properties", key)).toMatchObject({
      metadata: { size: bomb.length, mime: "application/zip", preview: null },
    });
    const { jobId } = await cloud.call("/object/get", { organizationId: ORGANIZATION_ID, keys: ["archive.zip"] });
    const { url } = await cloud.call("/object/get", { organizationId: ORGANIZATION_ID, jobId });
    const packed = unzipSync(new Uint8Array(await (await fetch(url as string)).arrayBuffer()));
    expect(packed["archive.zip"]).toEqual(bomb);
    const unknown = await fetch((url as string).replace(/.{32}$/, "0".repeat(32)));
    expect(await unknown.json()).toMatchObject({ success: false });
  });

  it.each([
    ["no boundary", "multipart/form-data", "x"],
    ["a body without parts", "multipart/form-data; boundary=b", "nothing"],
    [
      "a part that does not end",
      "multipart/form-data; boundary=b",
      '--b\r\ncontent-disposition: form-data; name="key"\r\n\r\nx',
    ],
  ])("answers a broken upload with an envelope: %s", async (_, type, raw) => {
    const answer = await cloud.call("/object/set", null, { headers: { "content-type": type }, raw });
    expect(answer.success).toBe(false);
  });
});
