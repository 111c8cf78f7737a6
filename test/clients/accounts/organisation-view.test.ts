import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { organisationChecks } from "../../../src/app/organisation-checks.ts";
import { lookAtOrganisation } from "../../../src/clients/accounts/organisation-view.ts";

const TOKEN = "planted-token-0123456789";
const node = (busy?: boolean) => ({ id: "n", name: "B2-8", sku: "x", ...(busy === undefined ? {} : { busy }) });

const USUAL = {
  "/account/read": { success: true, organizationId: "o1", creditBalance: 12.5, card: null },
  "/organizations/read": {
    success: true,
    organization: { id: "o1", name: "Acme", seats: 1, type: "Researcher", credit: {}, products: [], members: [] },
  },
  "/nodes/read": { success: true, backtest: [node(true), node(false)], research: [node(false)], live: [] },
};

/** A stand-in for the account's endpoints that knows the token, and whose answers a test replaces. */
const answers: Record<string, unknown> = {};
const bodies: unknown[] = [];
const service = createServer((request, response) => {
  void json(request).then((body) => {
    bodies.push(body);
    const stamp = String(request.headers["timestamp"]);
    const hash = createHash("sha256").update(`${TOKEN}:${stamp}`).digest("hex");
    const known = request.headers.authorization === `Basic ${Buffer.from(`7:${hash}`).toString("base64")}`;
    const refusal = { success: false, errors: [`Hash doesn't match. ${TOKEN}`] };
    const answer = known ? answers[request.url ?? ""] : refusal;
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
});

describe("what QuantConnect says of an account", () => {
  beforeAll(() => new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve)));
  afterAll(() => void service.close());
  beforeEach(() => {
    bodies.length = 0;
    Object.assign(answers, USUAL);
  });
  const look = (more: { readonly token?: string; readonly url?: string } = {}) => {
    const { port } = service.address() as AddressInfo;
    return lookAtOrganisation({
      url: () => more.url ?? `http://127.0.0.1:${port}`,
      userId: "7",
      token: more.token ?? TOKEN,
      seconds: () => 1_700_000_000,
      deadlineMilliseconds: 5000,
    });
  };
  const rows = async (): Promise<string[]> =>
    organisationChecks(await look()).map(({ name, state, detail }) => `${name}: ${state}: ${detail}`);

  it("is shown as organisation, tier and nodes by kind, and what they do not allow, with what to do", async () => {
    expect(await rows()).toEqual([
      "organisation: ok: Acme (o1); credit 12.50 USD",
      "tier: ok: Researcher",
      "backtest nodes: ok: 2, busy: 1",
      "research nodes: ok: 1, busy: 0",
      "live nodes: ok: none",
      "not possible: warning: live and paper deployments: the organisation has no live node",
    ]);
    expect(organisationChecks(await look()).at(-1)?.remedy).toContain("--profile local");
    expect(bodies.slice(1, 3)).toEqual([{ organizationId: "o1" }, { organizationId: "o1" }]);
  });

  it("names what waits or fails while all nodes are busy, and on the free tier", async () => {
    answers["/organizations/read"] = { success: true, organization: { name: "Acme", type: "Free" } };
    answers["/nodes/read"] = { success: true, backtest: [node(true)], research: [], live: [node(true)] };
    expect((await rows()).filter((row) => row.startsWith("not possible")).map((row) => row.slice(23, 50))).toEqual([
      "a backtest at once: every b",
      "another live or paper deplo",
      "optimisations: the free tie",
    ]);
    answers["/nodes/read"] = { success: true, backtest: [], research: [], live: [node(false)] };
    expect((await rows()).filter((row) => row.includes("not possible"))[0]).toContain("no backtest node");
  });

  it.each([
    ["forms that nobody knows", { organization: { name: 7, type: ["x"] } }, { nodes: {} }],
    ["refusals", { success: false, errors: ["no"] }, { success: false, errors: ["no"] }],
    ["no JSON", "<html>", "<html>"],
  ])("is unknown where the answers are %s, and nothing is called impossible then", async (_, organisation, nodes) => {
    answers["/organizations/read"] = organisation;
    answers["/nodes/read"] = nodes;
    expect(await rows()).toEqual([
      "organisation: ok: o1; credit 12.50 USD",
      "tier: ok: unknown",
      "backtest nodes: ok: unknown",
      "research nodes: ok: unknown",
      "live nodes: ok: unknown",
    ]);
  });

  it("does not count what the service does not say of each node, and asks of no organisation that it does not know", async () => {
    answers["/nodes/read"] = { success: true, backtest: [node(true), node()], research: null, live: [] };
    expect((await rows())[2]).toBe("backtest nodes: ok: 2, busy: unknown");
    bodies.length = 0;
    answers["/account/read"] = { success: true };
    expect((await rows())[0]).toBe("organisation: ok: unknown; credit unknown");
    expect(bodies).toHaveLength(1);
  });

  it("is a failure in the service's own words when it does not know the credentials, without repeating them", async () => {
    const other = await look({ token: "another-token-000" });
    expect(other).toMatchObject({ kind: "refused" });
    const [check] = organisationChecks(other);
    expect(check).toMatchObject({ state: "failed", detail: expect.stringContaining("Hash doesn't match.") as unknown });
    answers["/account/read"] = { success: false, errors: [`bad ${TOKEN}`] };
    expect(await look()).toEqual({ kind: "refused", reason: "bad •••" });
  });

  it("is unknown when the service cannot be reached or does not speak JSON", async () => {
    const [check] = organisationChecks(await look({ url: "http://127.0.0.1:9" }));
    expect(check).toMatchObject({ state: "warning", detail: expect.stringContaining("bad port") as unknown });
    answers["/account/read"] = "<html>";
    expect((await look()).kind).toBe("unreachable");
  });
});
