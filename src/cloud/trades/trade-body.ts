import type { Fill } from "../../lean/backtest-result.ts";
import type { ReplyBody } from "../reply.ts";
import { type ClosedTrade, closedTrades } from "./closed-trades.ts";
import { durationText } from "./trade-duration.ts";
import { isWin, timeText, tradeStatistics } from "./trade-statistics.ts";

interface Performance {
  readonly trades: readonly ClosedTrade[];
  readonly statistics: ReplyBody;
  readonly bodies: readonly ReplyBody[];
}

/** Fills that were read stay in memory for a while; so does what is made of them. */
const known = new WeakMap<readonly Fill[], Performance>();

/** The closed trades of a backtest, their statistics, and how the API shows them. */
export function performanceOf(fills: readonly Fill[]): Performance {
  const before = known.get(fills);
  if (before !== undefined) return before;
  const trades = closedTrades(fills);
  const performance = { trades, statistics: tradeStatistics(trades), bodies: trades.map(tradeBody) };
  known.set(fills, performance);
  return performance;
}

function tradeBody(trade: ClosedTrade): ReplyBody {
  const symbol = { value: trade.symbol, id: trade.symbolId, permtick: trade.symbol };
  return {
    symbol,
    symbols: [symbol],
    entryTime: timeText(trade.entryTime),
    entryPrice: trade.entryPrice.toNumber(),
    direction: trade.isLong ? 0 : 1,
    quantity: trade.quantity.toNumber(),
    exitTime: timeText(trade.exitTime),
    exitPrice: trade.exitPrice.toNumber(),
    profitLoss: trade.profitLoss.toNumber(),
    totalFees: trade.totalFees.toNumber(),
    mae: null,
    mfe: null,
    duration: durationText(trade.exitTime - trade.entryTime),
    endTradeDrawdown: null,
    isWin: isWin(trade),
    orderIds: trade.orderIds,
  };
}
