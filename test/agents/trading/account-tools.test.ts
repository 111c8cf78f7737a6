import { describe, expect, it } from "vitest";
import { getAccountBalance } from "../../../src/agents/trading/get-account-balance.ts";
import { getPositions } from "../../../src/agents/trading/get-positions.ts";
import type { TradingParts } from "../../../src/agents/trading/trading-parts.ts";
import { Decimal } from "../../../src/domain/decimal.ts";
import { accepted } from "../../../src/domain/refusal.ts";
import type { SkillContext } from "../../../src/gateway/skill.ts";

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
          working: [],
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
