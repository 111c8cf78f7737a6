import { z } from "zod";
import { Decimal } from "../../domain/decimal.ts";
import { ORDER_STATUS, type Order } from "../orders/order.ts";
import type { OrderEventDraft } from "../orders/order-event.ts";
import type { UpdateOrderFields } from "../orders/order-ticket.ts";
import type { Security } from "../securities/security.ts";
import { BacktestingBrokerage, type BrokerageContext } from "./backtesting-brokerage.ts";
import { utcTime } from "./broker-event.ts";
import type { BrokerState } from "./broker-protocol.ts";

/** How a simulated live brokerage misbehaves; all of it in feed time and decided by the seed. */
export const simulationSettingsSchema = z.object({
  seed: z.int().default(1),
  /** Between a request and the moment from which it has an effect, milliseconds. */
  latencyMilliseconds: z
    .object({ least: z.number().min(0).max(600_000), most: z.number().min(0).max(600_000) })
    .refine(({ least, most }) => least <= most, "expected least to be at most most")
    .default({ least: 0, most: 0 }),
  /** Chance that a fill takes only a part of what is open. */
  partialFillProbability: z.number().min(0).max(1).default(0),
  /** Chance that an order is refused. */
  rejectProbability: z.number().min(0).max(1).default(0),
  /** Stretches without connection: requests are refused, nothing fills. */
  disconnects: z.array(z.object({ fromUtc: utcTime, toUtc: utcTime })).default([]),
});

export type SimulationSettings = z.infer<typeof simulationSettingsSchema>;
export type SimulationState = NonNullable<BrokerState["simulation"]>;
type Delayed = SimulationState["delayed"][number];

/** The backtesting brokerage with latency, partial fills, rejects and lost connections. */
export class SimulatedBrokerage extends BacktestingBrokerage {
  readonly #settings: SimulationSettings;
  #random: number;
  #delayed: Delayed[];
  #nextDue = Number.POSITIVE_INFINITY;

  constructor(
    context: BrokerageContext,
    raise: (draft: OrderEventDraft) => void,
    options: { readonly settings: SimulationSettings; readonly state: SimulationState | undefined },
  ) {
    super(context, raise);
    this.#settings = options.settings;
    this.#random = options.state?.random ?? options.settings.seed | 0;
    this.#delayed = [...(options.state?.delayed ?? [])];
    this.#refreshDue();
  }

  /** When a delayed request takes effect next, UTC microseconds. */
  get nextDue(): number {
    return this.#nextDue;
  }

  /** Whether requests reach the brokerage now. */
  get isConnected(): boolean {
    const { utc } = this.context.clock;
    return this.#settings.disconnects.every(({ fromUtc, toUtc }) => utc < fromUtc || utc >= toUtc);
  }

  simulationState(): SimulationState {
    return { random: this.#random, delayed: [...this.#delayed] };
  }

  override place(order: Order): void {
    if (this.#chance(this.#settings.rejectProbability)) {
      this.raise({ order, status: ORDER_STATUS.INVALID, message: "The simulated brokerage rejected the order." });
      return;
    }
    super.place(order);
    this.#delay({ kind: "start", orderId: order.id });
  }

  override update(order: Order, fields: UpdateOrderFields): void {
    const { quantity, limitPrice, stopPrice, triggerPrice, trailingAmount } = fields;
    const given = Object.entries({ quantity, limitPrice, stopPrice, triggerPrice, trailingAmount });
    const texts = given.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Decimal.from(value).toString()] as const],
    );
    if (!this.#delay({ kind: "update", orderId: order.id, changes: Object.fromEntries(texts) })) {
      super.update(order, fields);
    }
  }

  override cancel(order: Order): void {
    if (!this.#delay({ kind: "cancel", orderId: order.id })) super.cancel(order);
  }

  override scan(): void {
    if (!this.isConnected) return;
    this.#runDue();
    super.scan();
  }

  protected override isActive(order: Order): boolean {
    // A part that was filled now leaves the rest to later prices.
    if (order.status === ORDER_STATUS.PARTIALLY_FILLED && order.lastFillTime === this.context.clock.utc) return false;
    return !this.#delayed.some(({ kind, orderId }) => kind === "start" && orderId === order.id);
  }

  /** A part of at least one unit; the rest waits for later prices. */
  protected override quantityOf(order: Order, security: Security): Decimal {
    const open = super.quantityOf(order, security);
    if (!open.abs().greaterThan(Decimal.ONE) || !this.#chance(this.#settings.partialFillProbability)) return open;
    const share = Decimal.of(BigInt(1 + Math.floor(this.#next() * 99)), 2);
    const part = open.abs().multiply(share).floor().max(Decimal.ONE);
    return open.sign < 0 ? part.negate() : part;
  }

  /** The fee of an order is paid with its first fill and grows with the filled part. */
  protected override feeOf(order: Order, security: Security, quantity: Decimal): Decimal {
    return super.feeOf(order, security, quantity).multiply(quantity.divide(order.quantity)).round(4);
  }

  #runDue(): void {
    const { utc } = this.context.clock;
    while (this.#nextDue <= utc) {
      const due = this.#delayed.filter((action) => action.dueUtc <= utc);
      this.#delayed = this.#delayed.filter((action) => action.dueUtc > utc);
      this.#refreshDue();
      for (const action of due.toSorted((left, right) => left.dueUtc - right.dueUtc)) this.#run(action);
    }
  }

  #run({ kind, orderId, changes }: Delayed): void {
    const order = this.find(orderId);
    if (order === undefined) return;
    if (kind === "cancel") super.cancel(order);
    // What is left undefined stays.
    if (kind === "update") super.update(order, (changes ?? {}) as UpdateOrderFields);
  }

  /** Puts a request off by the latency; false where there is none. */
  #delay(action: Omit<Delayed, "dueUtc">): boolean {
    const { least, most } = this.#settings.latencyMilliseconds;
    if (most === 0) return false;
    const wait = Math.round((least + this.#next() * (most - least)) * 1000);
    this.#delayed.push({ ...action, dueUtc: this.context.clock.utc + wait });
    this.#refreshDue();
    return true;
  }

  #refreshDue(): void {
    this.#nextDue = this.#delayed.reduce((least, { dueUtc }) => Math.min(least, dueUtc), Number.POSITIVE_INFINITY);
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.#next() < probability;
  }

  /** Mulberry32. */
  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}
