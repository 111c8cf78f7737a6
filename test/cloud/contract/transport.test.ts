import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_TOKEN, type CloudUnderTest, credentials, startCloud, USER_ID } from "../support/cloud-under-test.ts";

describe("how the cloud is spoken to", () => {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await startCloud({ settings: { bodyBytes: 2000 } });
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("accepts the right hash by GET and POST, in headers and in the query", async () => {
    expect(await cloud.call("/authenticate")).toEqual({ success: true });
    expect(await cloud.call("/authenticate", undefined, { method: "GET" })).toEqual({ success: true });
    const { authorization = "", timestamp = "" } = credentials();
    const query = new URLSearchParams({ authorization: authorization.replace("Basic ", ""), timestamp });
    const response = await fetch(`${cloud.url}/authenticate?${query.toString()}`);
    expect(await response.json()).toEqual({ success: true });
  });

  it.each([
    {
      what: "a wrong hash",
      headers: { authorization: `Basic ${btoa(`${USER_ID}:${"0".repeat(64)}`)}` },
      error: /^Hash doesn't match\./,
    },
    { what: "another user", headers: { authorization: `Basic ${btoa("1:x")}` }, error: /^UserID not valid/ },
    { what: "no authorization", headers: { authorization: "" }, error: /^UserID not valid/ },
    { what: "no timestamp", headers: { timestamp: "" }, error: /^Invalid timestamp, value received: 0/ },
    { what: "a timestamp of text", headers: { timestamp: "now" }, error: /^Invalid timestamp/ },
    {
      what: "an old timestamp",
      headers: credentials(Math.floor(Date.now() / 1000) - 7300),
      error: /^Invalid timestamp/,
    },
    {
      what: "a timestamp of tomorrow",
      headers: credentials(Math.floor(Date.now() / 1000) + 86_400),
      error: /^Invalid timestamp/,
    },
  ])("refuses $what with QuantConnect's text and HTTP 200", async ({ headers, error }) => {
    const answer = await cloud.call("/authenticate", {}, { headers });
    expect(answer.success).toBe(false);
    expect(answer.errors?.[0]).toMatch(error);
    expect(JSON.stringify(answer)).not.toContain(API_TOKEN);
  });

  it("says of an unknown path that there is no such endpoint", async () => {
    for (const path of ["/nothing/read", "/", "/__proto__", "/projects"]) {
      expect(await cloud.call(path)).toEqual({ success: false, errors: ["Endpoint not found"] });
    }
  });

  it("takes doubled and trailing slashes, and paths without the prefix", async () => {
    expect((await cloud.call("//account//read/")).success).toBe(true);
    const response = await fetch(cloud.url.replace("/api/v2", "/account/read"), { headers: credentials() });
    expect(await response.json()).toMatchObject({ success: true });
  });

  it("reads forms with PHP's brackets and queries as it reads JSON", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const created = await cloud.call("/projects/create", null, { headers, raw: "name=Form&language=Py" });
    expect(created).toMatchObject({ success: true, projects: [{ name: "Form" }] });
    const [{ projectId }] = created["projects"] as [{ projectId: number }];
    const raw = `projectId=${projectId}&parameters[0][key]=fast&parameters[0][value]=10&parameters[1][key]=slow&parameters[1][value]=20`;
    expect(await cloud.call("/projects/update", null, { headers, raw })).toEqual({ success: true });
    const read = await cloud.call(`/projects/read?projectId=${projectId}`, null, { method: "GET" });
    const parameters = [
      { key: "fast", value: "10" },
      { key: "slow", value: "20" },
    ];
    expect(read).toMatchObject({ projects: [{ projectId, parameters }] });
  });

  it.each([
    { what: "broken JSON", raw: '{"projectId": 1', error: /Invalid request: .*JSON/ },
    { what: "a JSON list", raw: "[1]", error: /expected a JSON object/ },
    { what: "JSON text", raw: '"x"', error: /expected a JSON object/ },
    { what: "binary", raw: "\u0000\u0001", error: /Invalid request/ },
  ])("answers $what with an envelope", async ({ raw, error }) => {
    const answer = await cloud.call("/projects/read", null, { raw });
    expect(answer.success).toBe(false);
    expect(answer.errors?.join()).toMatch(error);
  });

  it("refuses a body over the limit with HTTP 413 and an envelope, also when its length is not told", async () => {
    const body = "x".repeat(3000);
    const stream = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(body));
          controller.close();
        },
      });
    const headers = { ...credentials(), "content-type": "application/json" };
    for (const sent of [body, stream()]) {
      const response = await fetch(`${cloud.url}/files/create`, {
        method: "POST",
        headers,
        body: sent,
        duplex: "half",
      });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ success: false, errors: [expect.stringContaining("2000 bytes")] });
    }
  });

  it("never writes the token to its log", () => {
    expect(cloud.logged.join("\n")).not.toContain(API_TOKEN);
  });
});
