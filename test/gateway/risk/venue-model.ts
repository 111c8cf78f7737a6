import type { AccountSnapshot } from "../../../src/domain/account-snapshot.ts";
import { accepted } from "../../../src/domain/refusal.ts";
import { RiskBook } from "../../../src/gateway/risk/risk-book.ts";
import type { RiskStore, RiskWrite } from "../../../src/gateway/risk/risk-store.ts";
import { heldClock, intent, limits, quote, snapshot } from "./support.ts";

export const SYMBOLS = ["SPY", "AAPL", "MSFT"] as const;

/** Whole numbers only, so that this model reckons exactly without the decimals that it is to judge. */
export interface World {
  readonly prices: readonly [number, number, number];
  readonly equity: number;
  readonly maxOrder: number;
  readonly maxPosition: number;
  readonly maxGross: number;
  readonly leverage: number;
}

export interface OrderStep {
  readonly symbol: number;
  readonly quantity: number;
  readonly type: "market" | "limit" | "stop-market" | "stop-limit" | "market-on-open" | "market-on-close";
  /** Prices of the order, in percent of the market's. */
  readonly limitPercent: number;
  readonly stopPercent: number;
  /** How many snapshots back the one is that the order is judged by. */
  readonly back: number;
  readonly commitFails: boolean;
}

interface VenueOrder {
  readonly id: string;
  readonly symbol: number;
  readonly quantity: number;
  filled: number;
  stage: "on its way" | "working" | "done";
}

/**
 * A broker, and a desk in front of it that sees the broker only by snapshots. What may come of the orders is reckoned
 * here anew, with whole numbers and without a look at what the book believes.
 */
export class VenueModel {
  readonly #world: World;
  readonly #store: RiskStore;
  readonly #clock = heldClock();
  readonly #positions = [0, 0, 0];
  readonly #orders: VenueOrder[] = [];
  readonly #snapshots: AccountSnapshot[] = [];
  #book!: RiskBook;
  #ids = 0;
  /** Orders that were let through, so that a run can be seen to have tried something. */
  admitted = 0;
  readonly #tooLarge: string[] = [];

  private constructor(world: World, store: RiskStore) {
    this.#world = world;
    this.#store = store;
  }

  static async open(world: World, store: RiskStore): Promise<VenueModel> {
    const model = new VenueModel(world, store);
    await model.restart();
    model.look();
    return model;
  }

  async restart(): Promise<void> {
    this.#book = await RiskBook.open({
      store: this.#store,
      clock: this.#clock,
      newId: () => `r${(this.#ids += 1)}`,
      log: () => undefined,
    });
  }

  pass(microseconds: number): void {
    this.#clock.at += microseconds;
  }

  /** Takes a snapshot for later use. */
  look(): void {
    this.#clock.at += 1;
    const unit = (symbol: number): string => String(this.#world.prices[symbol]);
    this.#snapshots.push(
      snapshot({
        at: this.#clock.at,
        equity: String(this.#world.equity),
        positions: this.#positions.map((quantity, symbol) => ({
          symbol: SYMBOLS[symbol],
          quantity: String(quantity),
          unitValue: unit(symbol),
        })),
        workingOrders: this.#orders
          .filter(({ stage }) => stage === "working")
          .map(({ id, symbol, quantity, filled }) => ({
            id,
            symbol: SYMBOLS[symbol],
            quantity: String(quantity),
            filled: String(filled),
            unitValue: unit(symbol),
            tag: `key-${id}`,
          })),
      }),
    );
  }

  async observe(back: number): Promise<void> {
    await this.#book.observe("A1", this.#snapshot(back), this.#limits());
  }

  /** Sends an order through the book; `between` lets other callers come in while it is committed. */
  async order(step: OrderStep, between: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { symbol, quantity, type, limitPercent, stopPercent } = step;
    const price = this.#world.prices[symbol] ?? 1;
    const asked = intent({
      symbol: SYMBOLS[symbol],
      quantity,
      type,
      limitPrice: String((price * limitPercent) / 100),
      stopPrice: String((price * stopPercent) / 100),
    });
    const view = {
      limits: accepted(this.#limits()),
      snapshot: this.#snapshot(step.back),
      quote: quote({ symbol: SYMBOLS[symbol], price: String(price), at: this.#clock.at }),
      marketOpen: true,
    };
    this.#ids += 1;
    const id = String(this.#ids);
    const order: VenueOrder = { id, symbol, quantity, filled: 0, stage: "on its way" };
    const reserving = this.#book.reserve({ intent: asked, view, key: `key-${id}` }, async ({ write }) => {
      await between();
      if (step.commitFails) throw new Error("disk full");
      await this.#commit(write);
      await between();
      this.#orders.push(order);
    });
    const reserved = await reserving.catch((error: unknown) => {
      if (!step.commitFails) throw error;
      return undefined;
    });
    if (reserved?.ok === true) {
      this.admitted += 1;
      this.#checkSize(order);
      this.#reservationOf.set(order, reserved.reservation.id);
    }
  }

  readonly #reservationOf = new Map<VenueOrder, string>();

  land(index: number): void {
    const order = this.#pick(index, "on its way");
    if (order !== undefined) order.stage = "working";
  }

  fill(index: number, part: number): void {
    const order = this.#pick(index, "working");
    if (order === undefined) return;
    const left = order.quantity - order.filled;
    const some = Math.sign(left) * Math.max(1, Math.ceil(Math.abs(left) * part));
    order.filled += some;
    this.#positions[order.symbol] = (this.#positions[order.symbol] ?? 0) + some;
    if (order.filled === order.quantity) order.stage = "done";
  }

  cancel(index: number): void {
    const order = this.#pick(index, "working");
    if (order !== undefined) order.stage = "done";
  }

  /** The venue turns an order down, and the desk hears of it. */
  async refuse(index: number): Promise<void> {
    const order = this.#pick(index, "on its way");
    if (order === undefined) return;
    order.stage = "done";
    await this.#settle(order, "refused");
  }

  /** The desk hears what became of an order that is done. */
  async hear(index: number): Promise<void> {
    const done = this.#orders.filter((order) => order.stage === "done" && this.#reservationOf.has(order));
    const order = done[index % Math.max(done.length, 1)];
    if (order !== undefined) await this.#settle(order, order.filled === order.quantity ? "filled" : "cancelled");
  }

  /** The desk loses sight of an order. */
  async lose(index: number): Promise<void> {
    const order = this.#orders[index % Math.max(this.#orders.length, 1)];
    if (order !== undefined && this.#reservationOf.has(order)) await this.#settle(order, "unknown");
  }

  /** What of the limits could be passed if the open orders filled in the worst way; empty while all is well. */
  faults(): string[] {
    const { prices, equity, maxPosition, maxGross, leverage } = this.#world;
    const worst = prices.map((price, symbol) => {
      const open = this.#orders.filter((order) => order.symbol === symbol && order.stage !== "done");
      const left = open.map(({ quantity, filled }) => quantity - filled);
      const buys = left.filter((one) => one > 0).reduce((sum, one) => sum + one, 0);
      const sells = left.filter((one) => one < 0).reduce((sum, one) => sum + one, 0);
      const position = this.#positions[symbol] ?? 0;
      return Math.max(Math.abs(position + buys), Math.abs(position + sells)) * price;
    });
    const gross = worst.reduce((sum, one) => sum + one, 0);
    const checks: readonly (readonly [string, number, number])[] = [
      ["position", Math.max(...worst), maxPosition],
      ["concentration", Math.max(...worst), equity / 2],
      ["gross", gross, maxGross],
      ["leverage", gross, equity * leverage],
    ];
    const faults = checks.filter(([, value, most]) => value > most);
    return [...this.#tooLarge, ...faults.map(([name, value, most]) => `${name}: ${value} > ${most}`)];
  }

  /** An order may be worth more than one order may be only if it can do nothing but reduce. */
  #checkSize({ symbol, quantity }: VenueOrder): void {
    const position = this.#positions[symbol] ?? 0;
    const value = Math.abs(quantity) * (this.#world.prices[symbol] ?? 0);
    const reduces = position * quantity < 0 && Math.abs(quantity) <= Math.abs(position);
    if (value > this.#world.maxOrder && !reduces) this.#tooLarge.push(`order: ${value} > ${this.#world.maxOrder}`);
  }

  async #settle(order: VenueOrder, end: "filled" | "cancelled" | "refused" | "unknown"): Promise<void> {
    const id = this.#reservationOf.get(order);
    if (id === undefined || !this.#book.reservationsOf("A1").some((one) => one.id === id)) return;
    await this.#book.settle("A1", id, end);
    if (end !== "unknown") this.#reservationOf.delete(order);
  }

  #commit(write: RiskWrite): Promise<void> {
    return this.#store.save(write);
  }

  #pick(index: number, stage: VenueOrder["stage"]): VenueOrder | undefined {
    const some = this.#orders.filter((order) => order.stage === stage);
    return some[index % Math.max(some.length, 1)];
  }

  #snapshot(back: number): AccountSnapshot {
    const found = this.#snapshots.at(-1 - Math.min(back, this.#snapshots.length - 1));
    if (found === undefined) throw new Error("no snapshot was taken");
    return found;
  }

  #limits(): ReturnType<typeof limits> {
    const { maxOrder, maxPosition, maxGross, leverage } = this.#world;
    return limits({
      maxOrderNotional: String(maxOrder),
      maxPositionNotional: String(maxPosition),
      maxGrossNotional: String(maxGross),
      maxLeverage: String(leverage),
      dailyLoss: "1000000000",
      maxDrawdown: "1",
      priceCollar: "0.5",
      ordersPerSecond: 1000,
      ordersPerMinute: 1000,
      ordersPerDay: 100_000,
      repeatedOrder: { count: 1000, windowSeconds: 0.000_001 },
      duplicateIntentSeconds: 0.000_001,
      snapshotAge: 60,
    });
  }
}
