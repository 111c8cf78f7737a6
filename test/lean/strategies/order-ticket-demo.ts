import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import { ORDER_STATUS } from "../../../src/lean/orders/order.ts";
import { ORDER_FIELD, type OrderTicket, type UpdateOrderFields } from "../../../src/lean/orders/order-ticket.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import { MICROS_PER_MINUTE, civilDate, dayOf } from "../../../src/lean/time/civil-date.ts";

const CENT = 0.01;
const STEP = 0.0001;
const SHARES = 10;
const SPY = "SPY";

function amend(ticket: OrderTicket, changes: UpdateOrderFields): void {
  ticket.update({ ...changes, tag: `Update #${ticket.updateRequests.length + 1}` });
}

function field(ticket: OrderTicket, name: number): number {
  return ticket.get(name)?.toNumber() ?? Number.NaN;
}

/** A buying and a selling order; once one has filled, the other is withdrawn. */
class Pair {
  buying: OrderTicket | undefined;
  selling: OrderTicket | undefined;

  place(buying: OrderTicket, selling: OrderTicket): void {
    this.buying = buying;
    this.selling = selling;
  }

  active(): { readonly buying: OrderTicket; readonly selling: OrderTicket } | undefined {
    const { buying, selling } = this;
    if (buying === undefined || selling === undefined) return undefined;
    if (buying.status === ORDER_STATUS.FILLED) selling.cancel("Long filled.");
    else if (selling.status === ORDER_STATUS.FILLED) buying.cancel("Short filled");
    else return { buying, selling };
    this.buying = undefined;
    this.selling = undefined;
    return undefined;
  }
}

/** Every order type once over, most as a pair whose prices are moved until one fills. */
export class OrderTicketDemo implements Strategy {
  readonly #algorithm: QcAlgorithm;
  readonly #limits = new Pair();
  readonly #stops = new Pair();
  readonly #stopLimits = new Pair();
  readonly #trails = new Pair();
  #atOpen: OrderTicket | undefined;
  #atClose: OrderTicket | undefined;
  #now = "";
  #minute = 0;
  #close = 0;

  constructor(algorithm: QcAlgorithm) {
    this.#algorithm = algorithm;
  }

  initialize(): void {
    this.#algorithm.setStartDate(2013, 10, 7);
    this.#algorithm.setEndDate(2013, 10, 11);
    this.#algorithm.setCash(100_000);
    this.#algorithm.addEquity({ ticker: SPY, resolution: RESOLUTION.MINUTE });
  }

  onData(): void {
    const { time } = this.#algorithm;
    const minutes = Math.floor(time / MICROS_PER_MINUTE) % 1440;
    this.#minute = minutes % 60;
    this.#now = `${civilDate(dayOf(time)).day} ${Math.floor(minutes / 60)}:${this.#minute}`;
    this.#close = this.#algorithm.securities.get(SPY).price.toNumber();
    this.#stepMarket();
    this.#stepLimits();
    this.#stepStops();
    this.#stepStopLimits();
    this.#stepTrails();
    if (this.#now === "8 16:0") this.#atOpen = this.#algorithm.marketOnOpenOrder(SPY, 50);
    this.#atOpen = this.#grow(this.#atOpen);
    this.#stepAtClose();
  }

  #stepMarket(): void {
    if (this.#now !== "7 9:31") return;
    this.#algorithm.marketOrder(SPY, SHARES, { asynchronous: false });
    this.#algorithm.marketOrder(SPY, SHARES, { asynchronous: true }).cancel("Attempt to cancel async order");
  }

  #stepLimits(): void {
    const algorithm = this.#algorithm;
    if (this.#now === "7 12:0") {
      this.#limits.place(
        algorithm.limitOrder(SPY, SHARES, { limitPrice: this.#close * 0.999 }),
        algorithm.limitOrder(SPY, -SHARES, { limitPrice: this.#close * 1.001 }),
      );
    }
    const active = this.#limits.active();
    if (active === undefined) return;
    const low = field(active.buying, ORDER_FIELD.LIMIT_PRICE);
    const high = field(active.selling, ORDER_FIELD.LIMIT_PRICE);
    amend(active.buying, { limitPrice: low + CENT });
    amend(active.selling, { limitPrice: high - CENT });
  }

  #stepStops(): void {
    const algorithm = this.#algorithm;
    if (this.#now === "7 16:0") {
      this.#stops.place(
        algorithm.stopMarketOrder(SPY, SHARES, { stopPrice: this.#close * 1.0025 }),
        algorithm.stopMarketOrder(SPY, -SHARES, { stopPrice: this.#close * 0.9975 }),
      );
    }
    const active = this.#stops.active();
    if (active === undefined) return;
    const high = field(active.buying, ORDER_FIELD.STOP_PRICE);
    const low = field(active.selling, ORDER_FIELD.STOP_PRICE);
    amend(active.buying, { stopPrice: high - CENT });
    amend(active.selling, { stopPrice: low + CENT });
  }

  #stepStopLimits(): void {
    const algorithm = this.#algorithm;
    const close = this.#close;
    if (this.#now === "8 12:1") {
      this.#stopLimits.place(
        algorithm.stopLimitOrder(SPY, SHARES, { stopPrice: close * 1.001, limitPrice: close - 0.03 }),
        algorithm.stopLimitOrder(SPY, -SHARES, { stopPrice: close * 0.999, limitPrice: close + 0.03 }),
      );
    }
    const active = this.#stopLimits.active();
    if (active === undefined) return;
    for (const [ticket, cent] of [[active.buying, CENT] as const, [active.selling, -CENT] as const]) {
      const stopPrice = field(ticket, ORDER_FIELD.STOP_PRICE) - cent;
      const limitPrice = field(ticket, ORDER_FIELD.LIMIT_PRICE) + cent;
      amend(ticket, { stopPrice, limitPrice });
    }
  }

  #stepTrails(): void {
    const algorithm = this.#algorithm;
    if (this.#now === "7 12:0") {
      const trail = { trailingAmount: 0.0025, trailingAsPercentage: true };
      this.#trails.place(
        algorithm.trailingStopOrder(SPY, SHARES, { stopPrice: this.#close * 1.0025, ...trail }),
        algorithm.trailingStopOrder(SPY, -SHARES, { stopPrice: this.#close * 0.9975, ...trail }),
      );
      return;
    }
    const active = this.#trails.active();
    if (active === undefined) return;
    if ((algorithm.utcTime - active.buying.order.time) % (5 * MICROS_PER_MINUTE) !== 0) return;
    for (const ticket of [active.buying, active.selling]) {
      const amount = field(ticket, ORDER_FIELD.TRAILING_AMOUNT);
      amend(ticket, { trailingAmount: Math.max(amount - STEP, STEP) });
    }
  }

  #stepAtClose(): void {
    const algorithm = this.#algorithm;
    const held = algorithm.securities.get(SPY).quantity.toNumber();
    if (this.#now === "9 12:0") this.#atClose = algorithm.marketOnCloseOrder(SPY, held === 0 ? 100 : 2 * held);
    this.#atClose = this.#grow(this.#atClose);
    if (this.#now === "11 15:45") algorithm.marketOnCloseOrder(SPY, -held, { tag: "Liquidate end of algorithm" });
  }

  #grow(ticket: OrderTicket | undefined): OrderTicket | undefined {
    if (ticket === undefined || this.#minute !== 59) return ticket;
    if (ticket.status === ORDER_STATUS.FILLED) return undefined;
    amend(ticket, { quantity: ticket.quantity.toNumber() + 1 });
    return ticket;
  }
}
