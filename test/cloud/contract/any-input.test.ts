import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_ENDPOINTS } from "../../../src/cloud/resources/all-endpoints.ts";
import { type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

const FIELDS = [
  "projectId",
  "name",
  "content",
  "newName",
  "patch",
  "compileId",
  "backtestId",
  "backtestName",
  "parameters",
  "start",
  "end",
  "count",
  "query",
  "nodes",
  "language",
  "note",
  "description",
  "includeStatistics",
];

describe("whatever is sent", () => {
  let cloud: CloudUnderTest;
  let projectId = 0;
  beforeAll(async () => {
    cloud = await startCloud();
    projectId = await cloud.project();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("is answered with an envelope, never with a fault", async () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(-1, 0, 1.5, 1e300, "", " ", "main.py", "../x", "__proto__", null, true, [], {}, [[]], {
        a: null,
      }),
      fc.string({ unit: "binary" }),
      fc.jsonValue(),
      fc.integer(),
    );
    // A project that exists, so that the other fields are looked at, too; deleting it is left out for the same reason.
    const body = fc.dictionary(fc.constantFrom(...FIELDS), value).map((fields) => ({ projectId, ...fields }));
    const paths = [...ALL_ENDPOINTS.keys()].filter((path) => path !== "/projects/delete");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), body, async (path, input) => {
        const response = await cloud.send(path, input);
        const answer = (await response.json()) as { success: unknown };
        expect([response.status, typeof answer.success]).toEqual([200, "boolean"]);
      }),
      { numRuns: 400 },
    );
    expect(cloud.logged.filter((line) => line.includes("fault"))).toEqual([]);
  });

  it("is answered when it is a form or a query full of brackets", async () => {
    const key = fc.array(fc.constantFrom("projectId", "parameters", "[", "]", "[0]", "[]", "[__proto__]", "[a]"), {
      maxLength: 5,
    });
    const field = fc
      .tuple(key, fc.string())
      .map(([parts, text]) => `${encodeURIComponent(parts.join(""))}=${encodeURIComponent(text)}`);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 8 }), async (fields) => {
        const raw = fields.join("&");
        const posted = await cloud.send("/projects/update", null, { headers, raw });
        const got = await cloud.send(`/projects/read?${raw}`, null, { method: "GET" });
        expect([posted.status, got.status]).toEqual([200, 200]);
      }),
      { numRuns: 100 },
    );
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});
