import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallAnswer } from "../../src/gateway/call-request.ts";
import { answered, gatewayUnderTest, type GatewayUnderTest } from "./support.ts";

const PASSWORD = "planted-password-of-the-account";
const STORED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ib-main": { "ib-user-name": "trader", "ib-account": "DU1", "ib-password": PASSWORD },
};

describe("secrets of brokerages", () => {
  let desk: GatewayUnderTest;
  beforeEach(async () => {
    desk = await gatewayUnderTest({
      secrets: [PASSWORD],
      brokerSecrets: {
        fields: (name) =>
          Promise.resolve(Object.keys(STORED[name] ?? {}).length > 0 ? Object.keys(STORED[name] ?? {}) : undefined),
        value: (name, field) => Promise.resolve(STORED[name]?.[field]),
      },
    });
    desk.upstreams.answers.set("read_file", answered({ success: true, files: [{ name: "main.py", content: "x" }] }));
    desk.upstreams.answers.set("create_compile", answered({ success: true, compileId: "c-1", state: "BuildSuccess" }));
    await call("qc_create_compile", { projectId: 7 });
  });
  afterEach(() => desk[Symbol.asyncDispose]());
  const call = (tool: string, args: object, more: object = {}): Promise<CallAnswer> =>
    desk.gateway.call({ principal: "cli", tool, arguments: args, ...more });
  const deploy = (brokerage: object, more: object = {}, dataProviders?: object): Promise<CallAnswer> => {
    const args = {
      versionId: "1",
      projectId: 7,
      compileId: "c-1",
      nodeId: "n",
      brokerage,
      ...(dataProviders && { dataProviders }),
    };
    return call("qc_create_live_algorithm", args, more);
  };
  const sent = () => desk.upstreams.calls.filter(({ tool }) => tool === "create_live_algorithm");
  async function approveAll(): Promise<string> {
    const id = (await desk.approvals.list(1))[0]?.id ?? "none";
    for (const name of ["anna", "ben"] as const) {
      const decision = await desk.operator.decide(desk.approvals, id, { name, at: desk.clock.time });
      expect((await desk.approvals.sign(decision)).ok).toBe(true);
    }
    return id;
  }
  const IB = { id: "InteractiveBrokersBrokerage", "ib-weekly-restart-utc-time": "22:00:00", credentialRef: "ib-main" };

  it("are put in after approval, in what is sent and nowhere else", async () => {
    desk.upstreams.answers.set(
      "create_live_algorithm",
      answered({ success: true, note: `password ${PASSWORD} accepted` }),
    );
    const asked = await deploy(IB);
    expect(asked.refusal?.code).toBe("APPROVAL_REQUIRED");
    const approvalId = await approveAll();
    const shown = JSON.stringify(await desk.approvals.show(approvalId));
    expect(shown).toContain("credential:ib-main");
    const done = await deploy(IB, { approvalId });
    expect(done.refusal).toBeUndefined();
    expect(sent().map(({ arguments: args }) => args["brokerage"])).toEqual([
      {
        id: "InteractiveBrokersBrokerage",
        "ib-weekly-restart-utc-time": "22:00:00",
        "ib-user-name": "trader",
        "ib-account": "DU1",
        "ib-password": PASSWORD,
      },
    ]);
    const everything = [asked, done, shown, await desk.ledger.tail(1000), desk.logged];
    expect(JSON.stringify(everything)).not.toContain(PASSWORD);
    expect(JSON.stringify(done.result)).toContain("password ••• accepted");
  });

  it.each([
    ["a password", { ...IB, "ib-password": "in-clear-0451" }],
    ["a token", { id: "TradierBrokerage", "tradier-access-token": "in-clear-0451" }],
    ["a key", { id: "TradingTechnologiesBrokerage", "tt-rest-app-key": "in-clear-0451" }],
  ])("are refused where %s comes in clear, and not kept", async (_, brokerage) => {
    const { refusal } = await deploy(brokerage);
    expect(refusal?.code).toBe("SECRET_IN_ARGUMENTS");
    expect(sent()).toEqual([]);
    expect(JSON.stringify([refusal, await desk.ledger.tail(1000), desk.logged])).not.toContain("in-clear-0451");
  });

  it("are refused where a source of prices has one, and inside a model", async () => {
    const feed = { Polygon: { id: "Polygon", "polygon-api-key": "in-clear-0451" } };
    expect((await deploy({ id: "QuantConnectBrokerage" }, {}, feed)).refusal?.code).toBe("SECRET_IN_ARGUMENTS");
    const model = { projectId: 7, compileId: "c-1", brokerage: { ...IB, "ib-password": "in-clear-0451" } };
    expect((await call("qc_create_live_algorithm", { model })).refusal?.code).toBe("SECRET_IN_ARGUMENTS");
    expect(JSON.stringify(await desk.ledger.tail(1000))).not.toContain("in-clear-0451");
  });

  it.each([["nobody"], ["../quantconnect"], ["ib-main/ib-password"], [7]])("are not there under %s", async (name) => {
    const { refusal } = await deploy({ ...IB, credentialRef: name });
    expect(refusal?.code).toBe("CREDENTIAL_UNKNOWN");
    expect(sent()).toEqual([]);
  });

  it("go into their own field only, and into no other tool", async () => {
    const args = {
      ...IB,
      credentialRef: undefined,
      "ib-user-name": "u",
      "ib-account": "a",
      "ib-password": "credential:ib-main",
    };
    const astray = { ...args, "ib-weekly-restart-utc-time": "credential:ib-main" };
    await deploy(astray);
    const approvalId = await approveAll();
    expect((await deploy(astray, { approvalId })).refusal?.code).toBe("CREDENTIAL_UNKNOWN");
    expect(sent()).toEqual([]);
    await call("qc_create_project", { name: "credential:ib-main", language: "Py" });
    expect(desk.upstreams.calls.at(-1)?.arguments["name"]).toBe("credential:ib-main");
  });
});
