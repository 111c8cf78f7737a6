import { describe, expect, it } from "vitest";
import { cancelOrder } from "../../../src/agents/trading/cancel-order.ts";
import { getAccountBalance } from "../../../src/agents/trading/get-account-balance.ts";
import { getPositions } from "../../../src/agents/trading/get-positions.ts";
import type { TradingParts } from "../../../src/agents/trading/trading-parts.ts";
import { Decimal } from "../../../src/domain/decimal.ts";
import { accepted } from "../../../src/domain/refusal.ts";
import type { SkillContext } from "../../../src/gateway/skill.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";

const AS_OF = 1_579_111_200_000_000;

const parts: TradingParts = {
  accounts: {
    view: (projectId) =>
      Promise.resolve(
        accepted({
          projectId,
          deployId: "L-1",
          mode: "PAPER",
          feed: "replay",
          asOf: AS_OF,
          feedTime: 0,
          source: "the local cloud",
          currency: "USD",
          equity: Decimal.ZERO,
          launchEquity: undefined,
          cash: [],
          positions: [],
          working: [
            {
              orderId: 3,
              symbol: "SPY",
              type: "limit",
              quantity: Decimal.parse("10"),
              remaining: Decimal.parse("4"),
              limitPrice: Decimal.ONE,
              stopPrice: undefined,
              tag: "",
            },
          ],
          realized: new Map(),
          quotes: new Map(),
        }),
      ),
  },
  running: () => Promise.resolve("unknown"),
  wait: () => Promise.resolve(),
  pollMilliseconds: 1,
};
const context: SkillContext = {
  principal: "host",
  profile: "local",
  callId: "call",
  intentKey: "call",
  signal: new AbortController().signal,
  now: AS_OF,
  progress: () => undefined,
  upstream: () => Promise.resolve({}),
};

describe("what is told of an account", () => {
  it.each([getPositions(parts), getAccountBalance(parts)])(
    "has the time of $name as people write it, for the envelope as the desk counts it",
    async (skill) => {
      const { data, asOf } = await skill.answer(skill.input.parse({ projectId: 7 }), context);
      const account = { projectId: 7, asOf: "2020-01-15T18:00:00.000Z" };
      expect(skill.output.parse(data)).toMatchObject({ accounts: [account] });
      expect(asOf).toBe(AS_OF);
    },
  );
});

describe("an order that is to be cancelled", () => {
  const plan = (orderId: number) => cancelOrder(parts).plan?.({ projectId: 7, orderId }, context);

  it("is refused where it does not work, with those that do", async () => {
    expect(await refusalOf(Promise.resolve(plan(9)))).toMatchObject({
      code: "ORDER_NOT_WORKING",
      message: "order 9 does not work: it has ended, or there is none such",
      remedy: "working are 3 (4 SPY)",
    });
    expect(await plan(3)).toMatchObject({ class: "reduce", symbols: ["SPY"] });
  });
});
