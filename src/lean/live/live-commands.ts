import { AlgorithmError } from "../algorithm/algorithm-error.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { ORDER_TYPE } from "../orders/order.ts";
import type { OrderTicket, UpdateOrderFields } from "../orders/order-ticket.ts";
import { SECURITY_TYPE } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { CommandFields } from "./command-fields.ts";

export type CommandOutcome = {
  readonly name: string;
  readonly success: boolean;
  readonly message: string;
};

/** Runs a command of the user's own: a registered class, or `on_command` where `type` is undefined. */
export type UserCommands = (
  type: string | undefined,
  payload: Readonly<Record<string, unknown>>,
) => { readonly success: boolean; readonly message: string };

type BuiltIn = (algorithm: QcAlgorithm, fields: CommandFields) => Omit<CommandOutcome, "name">;

/**
 * Runs a live command as LEAN does: with `$type` one of LEAN's own or a class of the user, without it the algorithm's
 * `on_command`. LEAN's names may be short or as .NET writes them. A command never ends the algorithm by failing.
 */
export function runCommand(
  algorithm: QcAlgorithm,
  payload: Readonly<Record<string, unknown>>,
  user: UserCommands,
): CommandOutcome {
  const given = payload["$type"];
  const type = typeof given === "string" && given !== "" ? given : undefined;
  const name = type === undefined ? "Command" : ((type.split(",")[0] ?? "").trim().split(".").at(-1) ?? type);
  try {
    const builtIn = type !== undefined && Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
    const outcome = builtIn === undefined ? user(type, payload) : builtIn(algorithm, new CommandFields(payload));
    return { name: name.slice(0, 200), success: outcome.success, message: outcome.message.slice(0, 4000) };
  } catch (error) {
    // What a command asks for may be impossible, or too large for a decimal. Faults of the engine, and what the user's
    // handlers raise, are more.
    const isImpossible = error instanceof RangeError || (error instanceof AlgorithmError && error.stackTrace === "");
    if (!isImpossible) throw error;
    algorithm.error(`${name}: ${error.message}`);
    return { name: name.slice(0, 200), success: false, message: error.message.slice(0, 4000) };
  }
}

const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  OrderCommand: order,
  UpdateOrderCommand: update,
  CancelOrderCommand: cancel,
  LiquidateCommand: liquidate,
  AddSecurityCommand: addSecurity,
  AlgorithmStatusCommand: setStatus,
  QuitCommand: (algorithm) => {
    algorithm.quit("Stopped by a command.");
    return done("the algorithm ends");
  },
};

const ORDER_NAMES: Readonly<Record<string, number>> = {
  market: ORDER_TYPE.MARKET,
  limit: ORDER_TYPE.LIMIT,
  stopmarket: ORDER_TYPE.STOP_MARKET,
  stoplimit: ORDER_TYPE.STOP_LIMIT,
  marketonopen: ORDER_TYPE.MARKET_ON_OPEN,
  marketonclose: ORDER_TYPE.MARKET_ON_CLOSE,
};

function done(message = ""): Omit<CommandOutcome, "name"> {
  return { success: true, message };
}

function failed(message: string): Omit<CommandOutcome, "name"> {
  return { success: false, message };
}

function order(algorithm: QcAlgorithm, fields: CommandFields): Omit<CommandOutcome, "name"> {
  const ticker = fields.symbol();
  if (ticker === undefined) return failed("expected a Symbol or a Ticker");
  const security = find(algorithm, ticker);
  if (security === undefined) return failed(`${ticker} is not among the algorithm's securities`);
  if (algorithm.isWarmingUp) return failed("orders are not taken while the algorithm warms up");
  if (!security.hasData) return failed(`${ticker} has no data yet`);
  const type = fields.choice("OrderType", ORDER_NAMES) ?? ORDER_TYPE.MARKET;
  const quantity = fields.number("Quantity");
  if (quantity === undefined) return failed("expected a Quantity");
  const ticket = submit(algorithm, { security, type, quantity }, fields);
  if (ticket === undefined) return failed(`order type ${type} cannot be placed by a command`);
  const { isSuccess, errorMessage } = ticket.response;
  const response = isSuccess ? "Success" : `Error: ${errorMessage}`;
  const typeName = Object.entries(ORDER_TYPE).find(([, value]) => value === type)?.[0] ?? String(type);
  const text = `${pascal(typeName)} for ${quantity} units of ${ticker}: ${response}`;
  algorithm.debug(text);
  return isSuccess ? done(text) : failed(text);
}

function submit(
  { trading }: QcAlgorithm,
  wanted: { readonly security: Security; readonly type: number; readonly quantity: number },
  fields: CommandFields,
): OrderTicket | undefined {
  const { security, type, quantity } = wanted;
  const options = { tag: fields.text("Tag") ?? "" };
  const price = (name: string): number => {
    const value = fields.number(name);
    if (value === undefined || value <= 0) throw new AlgorithmError(`expected a ${name} above 0`);
    return value;
  };
  switch (type) {
    case ORDER_TYPE.MARKET:
      return trading.marketOrder(security.symbol, quantity, options);
    case ORDER_TYPE.MARKET_ON_OPEN:
      return trading.marketOnOpenOrder(security.symbol, quantity, options);
    case ORDER_TYPE.MARKET_ON_CLOSE:
      return trading.marketOnCloseOrder(security.symbol, quantity, options);
    case ORDER_TYPE.LIMIT:
      return trading.limitOrder(security.symbol, quantity, { ...options, limitPrice: price("LimitPrice") });
    case ORDER_TYPE.STOP_MARKET:
      return trading.stopMarketOrder(security.symbol, quantity, { ...options, stopPrice: price("StopPrice") });
    case ORDER_TYPE.STOP_LIMIT:
      return trading.stopLimitOrder(security.symbol, quantity, {
        ...options,
        stopPrice: price("StopPrice"),
        limitPrice: price("LimitPrice"),
      });
    default:
      return undefined;
  }
}

function ticketFor(algorithm: QcAlgorithm, fields: CommandFields): OrderTicket {
  const id = fields.number("OrderId");
  if (id === undefined) throw new AlgorithmError("expected an OrderId");
  const ticket = algorithm.processor.ticket(id);
  if (ticket === undefined) throw new AlgorithmError(`there is no order ${id}`);
  return ticket;
}

function update(algorithm: QcAlgorithm, fields: CommandFields): Omit<CommandOutcome, "name"> {
  const ticket = ticketFor(algorithm, fields);
  const changes: { -readonly [K in keyof UpdateOrderFields]: UpdateOrderFields[K] } = {};
  const quantity = fields.number("Quantity");
  const limitPrice = fields.number("LimitPrice");
  const stopPrice = fields.number("StopPrice");
  const tag = fields.text("Tag");
  if (quantity !== undefined) changes.quantity = quantity;
  if (limitPrice !== undefined) changes.limitPrice = limitPrice;
  if (stopPrice !== undefined) changes.stopPrice = stopPrice;
  if (tag !== undefined) changes.tag = tag;
  const { isSuccess, errorMessage } = ticket.update(changes);
  return isSuccess ? done(`order ${ticket.orderId} is being updated`) : failed(errorMessage);
}

function cancel(algorithm: QcAlgorithm, fields: CommandFields): Omit<CommandOutcome, "name"> {
  const ticket = ticketFor(algorithm, fields);
  const { isSuccess, errorMessage } = ticket.cancel(fields.text("Tag"));
  if (!isSuccess) return failed(errorMessage);
  return done(`order ${ticket.orderId} is being cancelled, quantity filled: ${ticket.quantityFilled.toString()}`);
}

function liquidate(algorithm: QcAlgorithm, fields: CommandFields): Omit<CommandOutcome, "name"> {
  const ticker = fields.symbol();
  if (ticker === undefined) {
    return done(`${algorithm.liquidate().length} orders placed`);
  }
  const security = find(algorithm, ticker);
  if (security === undefined) return failed(`${ticker} is not among the algorithm's securities`);
  return done(`${algorithm.liquidate(security.symbol).length} orders placed`);
}

const RESOLUTIONS: Readonly<Record<string, number>> = { second: 1, minute: 2, hour: 3, daily: 4 };
const SECURITY_TYPES: Readonly<Record<string, number>> = { equity: 1, crypto: 7 };

function addSecurity(algorithm: QcAlgorithm, fields: CommandFields): Omit<CommandOutcome, "name"> {
  const ticker = fields.symbol();
  if (ticker === undefined) return failed("expected a Symbol (the ticker)");
  const type = fields.choice("SecurityType", SECURITY_TYPES) ?? SECURITY_TYPE.EQUITY;
  if (type !== SECURITY_TYPE.EQUITY && type !== SECURITY_TYPE.CRYPTO)
    return failed(`securities of type ${type} cannot be added by a command`);
  const resolution = fields.choice("Resolution", RESOLUTIONS);
  const market = fields.text("Market");
  const leverage = fields.number("Leverage");
  const options = {
    ticker,
    fillForward: fields.flag("FillDataForward") ?? true,
    extendedMarketHours: fields.flag("ExtendedMarketHours") ?? false,
    resolution: resolution ?? RESOLUTIONS["minute"] ?? 0,
    ...(market === undefined ? {} : { market }),
    ...(leverage === undefined ? {} : { leverage }),
  };
  const security = type === SECURITY_TYPE.CRYPTO ? algorithm.addCrypto(options) : algorithm.addEquity(options);
  return done(`${security.symbol.value} was added`);
}

const STATUSES: Readonly<Record<string, number>> = { running: 2, stopped: 3, liquidated: 4 };
const STOPPED = 3;
const LIQUIDATED = 4;

function setStatus(algorithm: QcAlgorithm, fields: CommandFields): Omit<CommandOutcome, "name"> {
  const status = fields.choice("Status", STATUSES);
  if (status === LIQUIDATED) algorithm.liquidate();
  if (status === STOPPED || status === LIQUIDATED) {
    algorithm.quit("Stopped by a command.");
    return done("the algorithm ends");
  }
  return status === undefined ? failed("expected a Status: Running, Stopped or Liquidated") : done();
}

function find(algorithm: QcAlgorithm, ticker: string): Security | undefined {
  const name = ticker.toUpperCase();
  return algorithm.securities.all.find(({ symbol }) => symbol.value === name || symbol.id === name);
}

/** `STOP_MARKET` as `StopMarket`. */
function pascal(name: string): string {
  return name
    .toLowerCase()
    .split("_")
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`)
    .join("");
}
