import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cancelOrder } from "../../src/agents/trading/cancel-order.ts";
import { placeOrder } from "../../src/agents/trading/place-order.ts";
import type { TradingParts } from "../../src/agents/trading/trading-parts.ts";
import { Decimal } from "../../src/domain/decimal.ts";
import type { DeploymentMode } from "../../src/domain/profile.ts";
import type { AccountView } from "../../src/gateway/accounts/account-view.ts";
import type { CallAnswer } from "../../src/gateway/call-request.ts";
import { answered, gatewayUnderTest, type GatewayUnderTest } from "./support.ts";

const PROJECT = 7;
const d = (text: string): Decimal => Decimal.parse(text);

function accountView(mode: DeploymentMode, held = "0"): AccountView {
  return {
    projectId: PROJECT,
    deployId: "L-7",
    mode,
    feed: "replay",
    asOf: 0,
    feedTime: 0,
    source: "a test",
    currency: "USD",
    equity: d("100000"),
    launchEquity: d("100000"),
    cash: [],
    positions:
      held === "0"
        ? []
        : [
            {
              symbol: "SPY",
              quantity: d(held),
              averagePrice: d("100"),
              price: d("100"),
              value: d(held).multiply(d("100")),
              unrealizedProfit: d("0"),
            },
          ],
    working: [],
    realized: new Map(),
    quotes: new Map([
      [
        "SPY",
        {
          symbol: "SPY",
          price: d("100"),
          bid: d("99.99"),
          ask: d("100.01"),
          rate: d("1"),
          ageSeconds: 0,
          isMarketOpen: true,
          source: "local-cloud",
        },
      ],
    ]),
  };
}

describe("a call that trades", () => {
  let desk: GatewayUnderTest;
  let orders: Record<string, unknown>[];
  let quotesVanish = false;

  beforeEach(async () => {
    const late: { desk?: GatewayUnderTest } = {};
    const parts: TradingParts = {
      accounts: {
        view: (projectId) => {
          const view = late.desk?.accounts.get(projectId);
          if (view === undefined) throw new Error("no account");
          // Between the plan of an order and the limits that judge it.
          if (quotesVanish) late.desk?.accounts.set(projectId, { ...view, quotes: new Map() });
          return Promise.resolve({ ok: true, value: { ...view, asOf: late.desk?.clock.time ?? 0 } });
        },
      },
      running: () => Promise.resolve("unknown"),
      wait: () => Promise.resolve(),
      pollMilliseconds: 200,
    };
    desk = await gatewayUnderTest({ skills: [placeOrder(parts), cancelOrder(parts)], deployments: true });
    late.desk = desk;
    orders = [];
    quotesVanish = false;
    deploy("PAPER");
    desk.upstreams.answers.set("create_live_command", (call) => {
      const command = call.arguments["command"] as Record<string, unknown>;
      const fill = { fillQuantity: command["quantity"] };
      orders.push({ id: orders.length + 1, status: 3, tag: command["key"], events: [fill] });
      return answered({ success: true, quantwright: { result: { success: true, message: "" } } });
    });
    desk.upstreams.answers.set("read_live_orders", () => answered({ success: true, orders, length: orders.length }));
  });
  afterEach(() => desk[Symbol.asyncDispose]());

  function deploy(mode: DeploymentMode, held = "0"): void {
    desk.accounts.set(PROJECT, accountView(mode, held));
    const brokerage = { PAPER: "PaperBrokerage", "SIMULATED LIVE": "SimulatedBrokerage", LIVE: "OandaBrokerage" }[mode];
    const live = [{ projectId: PROJECT, deployId: "L-7", brokerage, status: "Running" }];
    desk.upstreams.answers.set("list_live_algorithms", answered({ success: true, live }));
    desk.clock.time += 60_000_000;
  }

  const buy = (quantity: number, more: object = {}): Promise<CallAnswer> =>
    desk.gateway.call({
      principal: "host",
      tool: "place_order",
      arguments: { projectId: PROJECT, symbol: "SPY", side: "buy", quantity, ...more },
    });
  const lastCommand = (): unknown =>
    desk.upstreams.calls.findLast(({ tool }) => tool === "create_live_command")?.arguments["command"];
  const commands = (): number => desk.upstreams.calls.filter(({ tool }) => tool === "create_live_command").length;
  const approvalOf = async (): Promise<string> => (await desk.approvals.list(1))[0]?.id ?? "none";
  async function approve(id: string, name: "anna" | "ben" = "anna"): Promise<void> {
    const decision = await desk.operator.decide(desk.approvals, id, { name, at: desk.clock.time });
    const signed = await desk.approvals.sign(decision);
    expect(signed.ok ? "" : signed.refusal.message).toBe("");
  }
  const dataOf = ({ result }: CallAnswer): Record<string, unknown> =>
    result.structuredContent as Record<string, unknown>;

  it("waits for an operator, then is done once and no more", async () => {
    expect((await buy(10)).refusal?.code).toBe("APPROVAL_REQUIRED");
    expect(commands()).toBe(0);
    const approvalId = await approvalOf();
    expect((await buy(10, { approvalId })).refusal?.code).toBe("APPROVAL_PENDING");
    await approve(approvalId);
    const done = await buy(10, { approvalId });
    expect(done.refusal).toBeUndefined();
    expect(dataOf(done)).toMatchObject({ outcome: "FILLED", filled: 10, deployId: "L-7" });
    expect(dataOf(done)["envelope"]).toMatchObject({ mode: "PAPER" });
    expect((await buy(10, { approvalId })).refusal?.code).toBe("APPROVAL_USED");
    expect(commands()).toBe(1);
    const intent = (await desk.ledger.tail(100)).find(({ kind, tool }) => kind === "intent" && tool === "place_order");
    expect(intent).toMatchObject({ approvalId, account: "L-7", class: "paper" });
  });

  it("is priced by the twin where the desk has no quote, within the bound that was approved", async () => {
    const { quotes: _, ...rest } = accountView("PAPER");
    desk.accounts.set(PROJECT, { ...rest, quotes: new Map() });
    expect((await buy(10)).refusal).toMatchObject({
      code: "QUOTE_UNAVAILABLE",
      remedy: expect.stringContaining("maxNotional") as string,
    });
    // Beyond the limits whatever the twin would say.
    expect((await buy(10, { maxNotional: 25_001 })).refusal?.code).toBe("RISK_ORDER_NOTIONAL");
    expect((await buy(10, { maxNotional: 1200 })).refusal?.code).toBe("APPROVAL_REQUIRED");
    const [approval] = await desk.approvals.list(1);
    expect(approval?.view.lines).toContainEqual({
      what: "worth at most, by the twin",
      before: null,
      after: "1200 USD",
    });
    const approvalId = await approvalOf();
    await approve(approvalId);
    expect((await buy(10, { maxNotional: 1201, approvalId })).refusal?.code).toBe("APPROVAL_ALTERED");
    expect(commands()).toBe(0);
    expect(dataOf(await buy(10, { maxNotional: 1200, approvalId }))).toMatchObject({ outcome: "FILLED" });
    const sent = desk.upstreams.calls.find(({ tool }) => tool === "create_live_command")?.arguments["command"];
    expect(sent).toMatchObject({ $type: "QuantwrightBoundedOrder", quantity: 10, max_notional: 1200 });
    expect(sent).not.toHaveProperty("desk_priced");
  });

  it("is priced by the desk where it has a quote, and held to its bound by the twin, which says why it refuses", async () => {
    expect((await buy(300, { maxNotional: 100 })).refusal?.code).toBe("RISK_ORDER_NOTIONAL");
    expect((await buy(10, { maxNotional: 100 })).refusal?.code).toBe("APPROVAL_REQUIRED");
    const approvalId = await approvalOf();
    await approve(approvalId);
    desk.upstreams.answers.set("create_live_command", () =>
      answered({ success: true, quantwright: { result: { success: false, message: "" } } }),
    );
    desk.upstreams.answers.set("read_live_logs", () => {
      const key = (lastCommand() as { readonly key: string }).key;
      const logs = [
        "started",
        `the order ${key} is refused: RISK_ORDER_NOTIONAL: too dear`,
        "the order k is refused: no",
      ];
      return answered({ success: true, logs, length: 3 });
    });
    const refused = await buy(10, { maxNotional: 100, approvalId });
    expect(dataOf(refused)).toMatchObject({ outcome: "REFUSED", message: "RISK_ORDER_NOTIONAL: too dear" });
    expect(lastCommand()).toMatchObject({ $type: "QuantwrightBoundedOrder", desk_priced: true });
  });

  it("does not go by its bound where the quote that was there is gone", async () => {
    quotesVanish = true;
    expect((await buy(10, { maxNotional: 1000 })).refusal?.code).toBe("QUOTE_UNAVAILABLE");
  });

  it("shows the approver what would change, in the desk's own words", async () => {
    await buy(10);
    const [approval] = await desk.approvals.list(1);
    expect(approval?.view).toMatchObject({ tool: "place_order", class: "paper", account: "L-7", tainted: true });
    expect(approval?.view.lines).toContainEqual({ what: "position SPY", before: "0", after: "10" });
    expect(approval?.view.lines).toContainEqual({ what: "worth about", before: null, after: "1000 USD" });
  });

  it.each([
    ["another quantity", { quantity: 11 }],
    ["another side", { side: "sell" }],
    ["another symbol", { symbol: "QQQ" }],
    ["another type", { type: "limit", limitPrice: 100 }],
  ])("is not the approved one with %s", async (_, change) => {
    await buy(10);
    const approvalId = await approvalOf();
    await approve(approvalId);
    const { refusal } = await buy(10, { ...change, approvalId });
    expect(refusal?.code).toBe("APPROVAL_ALTERED");
    expect(commands()).toBe(0);
  });

  it("is not the approved one of another principal, or in another account", async () => {
    await buy(10);
    const approvalId = await approvalOf();
    await approve(approvalId);
    const args = { projectId: PROJECT, symbol: "SPY", side: "buy", quantity: 10, approvalId };
    const other = await desk.gateway.call({ principal: "agent:execution-ops", tool: "place_order", arguments: args });
    expect(other.refusal?.code).toBe("NOT_AUTHORISED");
    const cli = await desk.gateway.call({ principal: "cli", tool: "place_order", arguments: args });
    expect(cli.refusal?.code).toBe("APPROVAL_ALTERED");
    desk.accounts.set(PROJECT, { ...accountView("PAPER"), deployId: "L-8" });
    expect((await buy(10, { approvalId })).refusal?.code).toBe("APPROVAL_ALTERED");
    expect(commands()).toBe(0);
  });

  it("is good for one of two calls that race for its approval", async () => {
    await buy(10);
    const approvalId = await approvalOf();
    await approve(approvalId);
    const answers = await Promise.all([buy(10, { approvalId }), buy(10, { approvalId }), buy(10, { approvalId })]);
    const codes = answers.map(({ refusal }) => refusal?.code ?? "done").toSorted();
    expect(codes.filter((code) => code === "done")).toHaveLength(1);
    expect(commands()).toBe(1);
  });

  it("is refused beyond the limits before anybody is asked", async () => {
    const { refusal } = await buy(300);
    expect(refusal?.code).toBe("RISK_ORDER_NOTIONAL");
    expect(await desk.approvals.list(1)).toEqual([]);
    expect(commands()).toBe(0);
  });

  it("is decided afresh after it was approved", async () => {
    await buy(200);
    const approvalId = await approvalOf();
    await approve(approvalId);
    const view = accountView("PAPER", "400");
    desk.accounts.set(PROJECT, view);
    expect((await buy(200, { approvalId })).refusal?.code).toBe("RISK_POSITION");
    expect(commands()).toBe(0);
  });

  it("never asks before it reduces, and does not cross zero without asking", async () => {
    deploy("PAPER", "10");
    const sell = await buy(10, { side: "sell" });
    expect(sell.refusal).toBeUndefined();
    expect(commands()).toBe(1);
    deploy("PAPER", "10");
    expect((await buy(11, { side: "sell" })).refusal?.code).toBe("APPROVAL_REQUIRED");
    expect(commands()).toBe(1);
  });

  it("lets only one of two orders reduce the same position", async () => {
    deploy("PAPER", "10");
    const answers = await Promise.all([
      buy(10, { side: "sell" }),
      buy(10, { side: "sell", type: "limit", limitPrice: 100 }),
    ]);
    expect(answers.map(({ refusal }) => refusal?.code ?? "done").toSorted()).toEqual(["RISK_REDUCE_ONLY", "done"]);
    expect(commands()).toBe(1);
  });

  it("takes two operators where money is real, and one for a simulated live account", async () => {
    deploy("SIMULATED LIVE");
    await buy(1);
    expect((await desk.approvals.list(1))[0]?.binding).toMatchObject({ signaturesNeeded: 1, class: "live" });
    deploy("LIVE");
    expect((await buy(2)).refusal?.message).toContain("2 signatures");
    const approvalId = await approvalOf();
    await approve(approvalId, "anna");
    expect((await buy(2, { approvalId })).refusal?.code).toBe("APPROVAL_PENDING");
    await approve(approvalId, "ben");
    expect((await buy(2, { approvalId })).refusal).toBeUndefined();
    expect(commands()).toBe(1);
  });

  it("is refused while trading is halted, also where the halt comes between decision and sending", async () => {
    await buy(10);
    const approvalId = await approvalOf();
    await approve(approvalId);
    desk.halt.notice = { haltId: "h", target: "desk", since: 1, by: "a person", reason: "a test" };
    expect((await buy(10, { approvalId })).refusal?.code).toBe("HALTED");
    desk.halt.notice = undefined;
    desk.breakLedger(({ kind, tool }) => {
      if (kind === "intent" && tool === "place_order") {
        desk.halt.notice = { haltId: "h", target: "desk", since: 1, by: "a person", reason: "a test" };
      }
      return false;
    });
    expect((await buy(10, { approvalId })).refusal?.code).toBe("HALTED");
    expect(desk.book.reservationsOf("L-7")).toEqual([]);
    expect(commands()).toBe(0);
  });

  it("is not sent where the halt comes while its server is waited for, and gives its room back", async () => {
    await buy(10);
    const approvalId = await approvalOf();
    await approve(approvalId);
    let sent = 0;
    desk.upstreams.answers.set("create_live_command", ({ forbidden }) => {
      desk.halt.notice = { haltId: "h", target: "desk", since: 1, by: "a person", reason: "a test" };
      const refusal = forbidden?.();
      if (refusal !== undefined) return { kind: "lost", sent: false, timedOut: false, reason: "", refusal };
      sent += 1;
      return answered({ success: true });
    });
    expect(dataOf(await buy(10, { approvalId }))).toMatchObject({ outcome: "REFUSED" });
    expect(sent).toBe(0);
    expect(await desk.audit()).toContain("outcome qc_create_live_command HALTED");
    expect(desk.book.reservationsOf("L-7")).toEqual([]);
  });

  it("cancels while trading is halted what would open a position, and nothing else", async () => {
    const working = { orderId: 5, symbol: "SPY", type: "limit", quantity: d("10"), remaining: d("10"), tag: "x" };
    const prices = { limitPrice: d("99"), stopPrice: undefined };
    desk.accounts.set(PROJECT, { ...accountView("PAPER"), working: [{ ...working, ...prices }] });
    desk.halt.notice = { haltId: "h", target: "desk", since: 1, by: "a person", reason: "a test" };
    const cancel = (): Promise<CallAnswer> =>
      desk.gateway.call({
        principal: "host",
        tool: "cancel_order",
        arguments: { projectId: PROJECT, orderId: 5 },
      });
    expect((await cancel()).refusal).toBeUndefined();
    expect(commands()).toBe(1);
    // An order that only reduces is stopped all the same, where the file alone says it and no limit is latched yet.
    desk.accounts.set(PROJECT, accountView("PAPER", "100"));
    const sell = { projectId: PROJECT, symbol: "SPY", side: "sell", quantity: 10 };
    const sold = await desk.gateway.call({ principal: "host", tool: "place_order", arguments: sell });
    expect(dataOf(sold)).toMatchObject({ outcome: "REFUSED" });
    // A cancellation that takes protection away waits for an operator, and for the end of the halt.
    const stop = { ...working, type: "stop_market", quantity: d("-10"), remaining: d("-10") };
    const stopPrices = { limitPrice: undefined, stopPrice: d("90") };
    desk.accounts.set(PROJECT, { ...accountView("PAPER", "10"), working: [{ ...stop, ...stopPrices }] });
    expect((await cancel()).refusal?.code).toBe("HALTED");
    expect(commands()).toBe(1);
  });

  it("keeps its room while nobody knows what became of it", async () => {
    desk.upstreams.answers.set("create_live_command", { kind: "lost", sent: true, timedOut: true, reason: "" });
    await buy(200);
    const approvalId = await approvalOf();
    await approve(approvalId);
    expect(dataOf(await buy(200, { approvalId }))).toMatchObject({ outcome: "UNKNOWN" });
    expect(desk.book.reservationsOf("L-7")).toHaveLength(1);
    desk.clock.time += 61_000_000;
    // 100 held and 240 more are within 50,000; with the 200 that are on their way they are not.
    desk.accounts.set(PROJECT, accountView("PAPER", "100"));
    expect((await buy(240)).refusal?.code).toBe("RISK_POSITION");
  });

  it("is refused when its intent id was used, and says so before anything is sent", async () => {
    await buy(10, { intentId: "mine" });
    const approvalId = await approvalOf();
    await approve(approvalId);
    expect((await buy(10, { intentId: "mine", approvalId })).refusal).toBeUndefined();
    desk.clock.time += 61_000_000;
    // The limits remember it for a while, the ledger for ever.
    expect((await buy(10, { intentId: "mine" })).refusal?.code).toBe("RISK_DUPLICATE_INTENT");
    desk.clock.time += 3_600_000_000;
    expect((await buy(10, { intentId: "mine" })).refusal?.code).toBe("APPROVAL_REQUIRED");
    const second = await approvalOf();
    await approve(second);
    expect((await buy(10, { intentId: "mine", approvalId: second })).refusal?.code).toBe("DUPLICATE_INTENT");
    expect(commands()).toBe(1);
  });

  it("is refused without a quote of our own, whatever price the caller names", async () => {
    desk.accounts.set(PROJECT, { ...accountView("PAPER"), quotes: new Map() });
    expect((await buy(10)).refusal?.code).toBe("QUOTE_UNAVAILABLE");
    expect((await buy(10, { type: "limit", limitPrice: 0.01 })).refusal?.code).toBe("QUOTE_UNAVAILABLE");
  });

  it("explains what would happen and why, and leaves no trace of a call", async () => {
    const request = {
      principal: "host",
      tool: "place_order",
      arguments: { projectId: PROJECT, symbol: "SPY", side: "buy", quantity: 10 },
    };
    expect(await desk.gateway.explain(request)).toMatchObject({
      class: "paper",
      account: "L-7",
      verdict: "approval",
      signatures: 1,
      rule: { id: "paper" },
      risk: { ok: true, refusals: [] },
      halted: null,
    });
    const large = { ...request, arguments: { ...request.arguments, quantity: 300 } };
    const { risk } = await desk.gateway.explain(large);
    expect(risk?.refusals.map(({ code }) => code)).toContain("RISK_ORDER_NOTIONAL");
    expect(await desk.approvals.list(1)).toEqual([]);
    expect((await desk.audit()).filter((line) => line.includes("place_order"))).toEqual([]);
  });

  it("covers exactly its own command: a raw one of a model is denied", async () => {
    const raw = await desk.gateway.call({
      principal: "host",
      tool: "qc_create_live_command",
      arguments: { projectId: PROJECT, command: { $type: "OrderCommand", ticker: "SPY", quantity: 1 } },
    });
    expect(raw.refusal?.code).toBe("RAW_COMMAND_DENIED");
    expect(commands()).toBe(0);
  });

  it("asks before a protective order goes, and not before another", async () => {
    const working = {
      orderId: 5,
      symbol: "SPY",
      type: "stop-market",
      quantity: d("-10"),
      remaining: d("-10"),
      limitPrice: undefined,
      stopPrice: d("90"),
      tag: "",
    };
    desk.accounts.set(PROJECT, { ...accountView("PAPER", "10"), working: [working] });
    const cancel = (): Promise<CallAnswer> =>
      desk.gateway.call({ principal: "host", tool: "cancel_order", arguments: { projectId: PROJECT, orderId: 5 } });
    expect((await cancel()).refusal?.code).toBe("APPROVAL_REQUIRED");
    desk.accounts.set(PROJECT, { ...accountView("PAPER"), working: [working] });
    expect((await cancel()).refusal).toBeUndefined();
  });
});
