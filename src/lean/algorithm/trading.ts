import { Decimal } from "../../domain/decimal.ts";
import type { Clock } from "../engine/clock.ts";
import { ACCOUNT_TYPE } from "../market/brokerage-model.ts";
import { inLots } from "../orders/order-changes.ts";
import { ORDER_STATUS, ORDER_TYPE, Order, type OrderPrices } from "../orders/order.ts";
import type { OrderProcessor } from "../orders/order-processor.ts";
import { OrderTicket, type Amount } from "../orders/order-ticket.ts";
import { GOOD_TIL_CANCELED, type OrderProperties } from "../orders/time-in-force.ts";
import { SECURITY_TYPE, type SymbolLike } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import type { AlgorithmSettings } from "./algorithm-settings.ts";
import type { SecurityManager } from "./security-manager.ts";

/** What every order method takes besides its prices. */
export interface OrderOptions {
  readonly asynchronous?: boolean;
  readonly tag?: string;
  readonly properties?: OrderProperties;
}

export interface TrailingStop {
  /** Left out: the last price moved by the trailing amount. */
  readonly stopPrice?: Amount;
  readonly trailingAmount: Amount;
  readonly trailingAsPercentage: boolean;
}

/** LEAN's `OrderResponseErrorCode`, those that the checks before submission give. */
const CODES = {
  zeroQuantity: -2,
  noPrice: -9,
  nonTradable: -22,
  tooLate: -10,
  marketOpen: -13,
  lotSize: -30,
  conversionRate: -12,
  brokerage: -4,
} as const;

/** The order methods of an algorithm: checks before submission, conversion of market orders, tickets. */
export class Trading {
  defaultOrderProperties: OrderProperties = { timeInForce: GOOD_TIL_CANCELED };
  /** Tickets of orders that were refused before submission, by negative key. */
  readonly #refused: OrderTicket[] = [];
  readonly #clock: Clock;
  readonly #processor: OrderProcessor;
  readonly #securities: SecurityManager;
  readonly #settings: AlgorithmSettings;
  readonly #refuse: (message: string) => void;
  readonly #isWarmingUp: () => boolean;

  constructor(options: {
    readonly clock: Clock;
    readonly processor: OrderProcessor;
    readonly securities: SecurityManager;
    readonly settings: AlgorithmSettings;
    /** Told why an order was not accepted (LEAN logs it as an error). */
    readonly onRefusal: (message: string) => void;
    readonly isWarmingUp: () => boolean;
  }) {
    this.#isWarmingUp = options.isWarmingUp;
    this.#clock = options.clock;
    this.#processor = options.processor;
    this.#securities = options.securities;
    this.#settings = options.settings;
    this.#refuse = options.onRefusal;
  }

  /** The ticket of a key (order id, or the negative key of a refused order). */
  ticket(key: number): OrderTicket | undefined {
    return key > 0 ? this.#processor.ticket(key) : this.#refused[-key - 1];
  }

  /**
   * Market order. While the market is closed it becomes market-on-open; while it is open and the security has daily
   * data only, market-on-close (market-on-open in the last minutes). An unknown ticker is added and refused, as in LEAN.
   */
  marketOrder(symbol: SymbolLike, quantity: Amount, options: OrderOptions = {}): OrderTicket {
    const known = this.#securities.find(symbol);
    if (known === undefined) return this.#addAndRefuse(symbol, quantity, options);
    if (!this.isMarketOpen(known)) return this.marketOnOpenOrder(symbol, quantity, options);
    if (known.isDailyOnly && !known.hours.isAlwaysOpen) {
      return this.#isTooLateForClose(known)
        ? this.marketOnOpenOrder(symbol, quantity, options)
        : this.marketOnCloseOrder(symbol, quantity, options);
    }
    return this.#submit({ type: ORDER_TYPE.MARKET, security: known, quantity, options });
  }

  marketOnOpenOrder(symbol: SymbolLike, quantity: Amount, options: OrderOptions = {}): OrderTicket {
    return this.#submit({ type: ORDER_TYPE.MARKET_ON_OPEN, security: this.#securities.get(symbol), quantity, options });
  }

  marketOnCloseOrder(symbol: SymbolLike, quantity: Amount, options: OrderOptions = {}): OrderTicket {
    return this.#submit({
      type: ORDER_TYPE.MARKET_ON_CLOSE,
      security: this.#securities.get(symbol),
      quantity,
      options,
    });
  }

  limitOrder(symbol: SymbolLike, quantity: Amount, order: { limitPrice: Amount } & OrderOptions): OrderTicket {
    const prices = { limitPrice: Decimal.from(order.limitPrice) };
    const security = this.#securities.get(symbol);
    return this.#submit({ type: ORDER_TYPE.LIMIT, security, quantity, prices, options: order });
  }

  stopMarketOrder(symbol: SymbolLike, quantity: Amount, order: { stopPrice: Amount } & OrderOptions): OrderTicket {
    const prices = { stopPrice: Decimal.from(order.stopPrice) };
    const security = this.#securities.get(symbol);
    return this.#submit({ type: ORDER_TYPE.STOP_MARKET, security, quantity, prices, options: order });
  }

  stopLimitOrder(
    symbol: SymbolLike,
    quantity: Amount,
    order: { stopPrice: Amount; limitPrice: Amount } & OrderOptions,
  ): OrderTicket {
    const prices = { stopPrice: Decimal.from(order.stopPrice), limitPrice: Decimal.from(order.limitPrice) };
    const security = this.#securities.get(symbol);
    return this.#submit({ type: ORDER_TYPE.STOP_LIMIT, security, quantity, prices, options: order });
  }

  limitIfTouchedOrder(
    symbol: SymbolLike,
    quantity: Amount,
    order: { triggerPrice: Amount; limitPrice: Amount } & OrderOptions,
  ): OrderTicket {
    const prices = { triggerPrice: Decimal.from(order.triggerPrice), limitPrice: Decimal.from(order.limitPrice) };
    const security = this.#securities.get(symbol);
    return this.#submit({ type: ORDER_TYPE.LIMIT_IF_TOUCHED, security, quantity, prices, options: order });
  }

  trailingStopOrder(symbol: SymbolLike, quantity: Amount, order: TrailingStop & OrderOptions): OrderTicket {
    const security = this.#securities.get(symbol);
    const trailingAmount = Decimal.from(order.trailingAmount);
    const { price } = security;
    const distance = order.trailingAsPercentage ? price.multiply(trailingAmount) : trailingAmount;
    const isBuy = Decimal.from(quantity).sign > 0;
    const stopPrice =
      order.stopPrice === undefined
        ? isBuy
          ? price.add(distance)
          : price.subtract(distance)
        : Decimal.from(order.stopPrice);
    const prices = { stopPrice, trailingAmount, trailingAsPercentage: order.trailingAsPercentage };
    return this.#submit({ type: ORDER_TYPE.TRAILING_STOP, security, quantity, prices, options: order });
  }

  isMarketOpen(security: Security): boolean {
    return security.hours.isOpen(security.hours.zone.toLocal(this.#clock.utc));
  }

  #isTooLateForClose(security: Security): boolean {
    const { zone } = security.hours;
    const close = zone.toUtc(security.hours.nextClose(zone.toLocal(this.#clock.utc)));
    return this.#clock.utc > close - this.#settings.marketOnCloseBuffer;
  }

  #addAndRefuse(symbol: SymbolLike, quantity: Amount, options: OrderOptions): OrderTicket {
    const ticker = this.#securities.symbol(symbol).value;
    const security = this.#securities.addEquity({ ticker }, false);
    const order = this.#makeOrder({ type: ORDER_TYPE.MARKET, security, quantity, options });
    return this.#refusedTicket(order, CODES.noPrice, `${ticker} has no price yet`);
  }

  #makeOrder(request: OrderRequest): Order {
    const properties = request.options.properties ?? this.defaultOrderProperties;
    const isAuction = request.type === ORDER_TYPE.MARKET_ON_OPEN || request.type === ORDER_TYPE.MARKET_ON_CLOSE;
    return new Order({
      type: request.type,
      symbol: request.security.symbol,
      quantity: Decimal.from(request.quantity),
      time: this.#clock.utc,
      tag: request.options.tag ?? "",
      // A good-til-date makes no sense for an auction; LEAN drops it.
      properties: isAuction && properties.timeInForce.kind === "gtd" ? { timeInForce: GOOD_TIL_CANCELED } : properties,
      ...(request.prices === undefined ? {} : { prices: request.prices }),
    });
  }

  #submit(request: OrderRequest): OrderTicket {
    const order = this.#makeOrder(request);
    const { security } = request;
    const refusal = this.#precheck(order, security);
    if (refusal !== undefined) return this.#refusedTicket(order, refusal.code, refusal.message);
    order.quantity = inLots(order.quantity, security);
    order.feeCurrency = security.feeModel.currency?.(order);
    order.id = this.#processor.nextId;
    order.submissionData = { bidPrice: security.bidPrice, askPrice: security.askPrice, lastPrice: security.price };
    order.priceAdjustmentMode = security.normalization;
    const asynchronous = request.options.asynchronous ?? false;
    const ticket = new OrderTicket({ key: order.id, order, asynchronous, handler: this.#processor });
    if (this.#isWarmingUp()) this.#processor.rejectWarmingUp(ticket);
    else this.#processor.submit(ticket);
    return ticket;
  }

  #precheck(order: Order, security: Security): { readonly code: number; readonly message: string } | undefined {
    const name = security.symbol.value;
    if (order.quantity.isZero) return { code: CODES.zeroQuantity, message: `order for ${name}: the quantity is 0` };
    const { lotSize } = security.properties;
    if (order.quantity.abs().lessThan(lotSize)) {
      const message = `order for ${name}: ${order.quantity.toString()} is less than one lot of ${lotSize.toString()}`;
      return { code: CODES.lotSize, message };
    }
    if (security.price.isZero) return { code: CODES.noPrice, message: `order for ${name}: it has no price yet` };
    if (!security.isTradable) return { code: CODES.nonTradable, message: `order for ${name}: it cannot be traded` };
    const refusal = this.#accountRefusal(order, security);
    if (refusal !== undefined) return refusal;
    if (order.type === ORDER_TYPE.MARKET_ON_CLOSE && this.#isTooLateForClose(security)) {
      return { code: CODES.tooLate, message: `market-on-close order for ${name}: too late for this close` };
    }
    if (order.type === ORDER_TYPE.MARKET_ON_OPEN && this.isMarketOpen(security) && !security.isDailyOnly) {
      return { code: CODES.marketOpen, message: `market-on-open order for ${name}: the market is open` };
    }
    return undefined;
  }

  /** What the brokerage or the account's currencies do not allow. */
  #accountRefusal(order: Order, security: Security): { readonly code: number; readonly message: string } | undefined {
    const name = security.symbol.value;
    const { brokerage, accountType } = this.#securities;
    if (security.symbol.securityType === SECURITY_TYPE.EQUITY) {
      if (!brokerage.tradesEquities)
        return { code: CODES.brokerage, message: `order for ${name}: ${brokerage.name} trades crypto only` };
      if (accountType !== ACCOUNT_TYPE.CASH) return undefined;
      const message = `order for ${name}: equities in cash accounts are not simulated; use AccountType.MARGIN`;
      return { code: CODES.brokerage, message };
    }
    if (order.type === ORDER_TYPE.MARKET_ON_OPEN || order.type === ORDER_TYPE.MARKET_ON_CLOSE) {
      return { code: CODES.marketOpen, message: `order for ${name}: its market never opens or closes` };
    }
    const least = security.properties.minimumOrderSize;
    if (least !== undefined && order.quantity.abs().lessThan(least)) {
      return { code: CODES.lotSize, message: `order for ${name}: the least quantity is ${least.toString()}` };
    }
    const missing = [security.quoteCash, security.baseCash].find((cash) => cash?.conversionRate.isZero === true);
    if (missing === undefined) return undefined;
    const message = `order for ${name}: ${missing.currency} has no conversion rate yet, for lack of data`;
    return { code: CODES.conversionRate, message };
  }

  #refusedTicket(order: Order, errorCode: number, errorMessage: string): OrderTicket {
    order.status = ORDER_STATUS.INVALID;
    const key = -this.#refused.length - 1;
    const ticket = new OrderTicket({ key, order, asynchronous: false, handler: this.#processor });
    ticket.response = { isSuccess: false, errorCode, errorMessage };
    this.#refused.push(ticket);
    this.#refuse(errorMessage);
    return ticket;
  }
}

interface OrderRequest {
  readonly type: number;
  readonly security: Security;
  readonly quantity: Amount;
  readonly options: OrderOptions;
  readonly prices?: OrderPrices;
}
