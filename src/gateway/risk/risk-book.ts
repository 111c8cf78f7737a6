import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Decimal } from "../../domain/decimal.ts";
import type { Limits } from "../../domain/limits.ts";
import type { OrderIntent } from "../../domain/order-intent.ts";
import type { Principal } from "../../domain/principal.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { AccountLock } from "./account-lock.ts";
import { decideOrder, type RiskVerdict } from "./decide-order.ts";
import { ended, isShown, type Reservation, type ReservationEnd } from "./reservation.ts";
import { nextMode, stricterMode, type RiskEvent, type RiskMode } from "./risk-mode.ts";
import { attempted, newRiskState, observed, rearmed, tradeClosed, type RiskState } from "./risk-state.ts";
import type { RiskStore, RiskWrite } from "./risk-store.ts";
import type { RiskView } from "./risk-view.ts";

/** The name under which the mode of all accounts together is kept. */
export const EVERY_ACCOUNT = "*";

export interface RiskBookOptions {
  readonly store: RiskStore;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: (message: string) => void;
}

/** An order to be admitted. `key` is the intent key that goes with it as its tag. */
export interface ReserveRequest {
  readonly intent: OrderIntent;
  readonly view: RiskView;
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

/** What `commit` gets: the room that was taken, and what has to be written with the call or not at all. */
export interface Admission {
  readonly reservation: Reservation;
  readonly verdict: Extract<RiskVerdict, { ok: true }>;
  readonly write: RiskWrite;
}

/** How an order that asked for room was judged; admitted with what `commit` gave. */
export type Reserved<T> =
  | { readonly ok: true; readonly reservation: Reservation; readonly value: T }
  | Extract<RiskVerdict, { ok: false }>;

interface AccountRecord {
  state: RiskState;
  readonly reservations: Map<string, Reservation>;
  /** Ids of stored reservations that are not understood; the account is halted until an operator lets them go. */
  unreadable: readonly string[];
  /** The mode that is durable, and the last write of it. */
  savedMode: RiskMode | undefined;
  saving: Promise<void>;
}

/**
 * The risk of all accounts: decides, takes room for what it admits, and remembers.
 *
 * Invariants
 * 1. Deciding and committing happen under the account's lock: what one order took, the next one sees.
 * 2. Room is taken if and only if `commit` succeeded, and given back only when the order is known to have had no
 *    effect, or a snapshot taken after its end shows what it did. What is unknown stays.
 * 3. A halt takes effect at once in memory and waits for no lock; its write waits only for earlier ones of modes.
 * 4. Modes are written alone, always as they are by then: no late write of something else brings an old one back.
 */
export class RiskBook {
  readonly #options: RiskBookOptions;
  readonly #accounts = new Map<string, AccountRecord>();
  readonly #lock = new AccountLock();

  private constructor(options: RiskBookOptions) {
    this.#options = options;
  }

  /** Rebuilds the book from what is stored. An account whose state cannot be understood is halted. */
  static async open(options: RiskBookOptions): Promise<RiskBook> {
    const book = new RiskBook(options);
    for (const { state, reservations, unreadable, fault } of await options.store.load()) {
      const record = book.#record(state.account);
      record.state = state;
      record.savedMode = state.mode;
      record.unreadable = unreadable;
      for (const reservation of reservations) record.reservations.set(reservation.id, reservation);
      if (fault !== undefined) await book.halt(state.account, `its stored state cannot be understood: ${fault}`);
    }
    return book;
  }

  /** The state of an account, with the mode that holds for it. */
  stateOf(account: string): RiskState {
    const { state } = this.#record(account);
    return { ...state, mode: stricterMode(this.#record(EVERY_ACCOUNT).state.mode, state.mode) };
  }

  /** Accounts that are halted by themselves, sorted; also where all are. */
  haltedAccounts(): readonly string[] {
    const records = [...this.#accounts].filter(([account]) => account !== EVERY_ACCOUNT);
    return records.flatMap(([account, { state }]) => (state.mode.kind === "HALTED" ? [account] : [])).toSorted();
  }

  reservationsOf(account: string): readonly Reservation[] {
    return [...this.#record(account).reservations.values()];
  }

  /** What would be said of an order now. Takes no room and counts nothing. */
  judge({ intent, view }: Pick<ReserveRequest, "intent" | "view">): RiskVerdict {
    const reservations = this.#record(intent.account).reservations.values();
    const state = this.stateOf(intent.account);
    return decideOrder(intent, { ...view, state, reservations, now: this.#options.clock.now() });
  }

  /**
   * Judges an order and, if it may pass, commits it: `commit` writes `write` in one transaction with all that must
   * stand or fall with it. Where `commit` fails nothing is taken and its error is thrown. It must not use the account
   * here: it holds its lock.
   */
  async reserve<T>(request: ReserveRequest, commit: (admission: Admission) => Promise<T>): Promise<Reserved<T>> {
    const { intent, view, key, signal } = request;
    return this.#lock.run(
      intent.account,
      async () => {
        const { verdict, counted } = this.#decide(intent, view);
        if (!verdict.ok) {
          await this.#refuse(counted(false), view);
          return verdict;
        }
        const { account, symbol, quantity } = intent;
        const { unitValue } = verdict;
        const stage = { kind: "held" } as const;
        const reservation = {
          id: this.#options.newId(),
          account,
          key,
          symbol,
          quantity,
          unitValue,
          at: this.#options.clock.now(),
          stage,
        };
        const write = { state: counted(true), kept: [reservation], released: this.#shown(account, view.snapshot) };
        try {
          const value = await commit({ reservation, verdict, write });
          this.#adopt(write);
          return { ok: true, reservation, value };
        } catch (error) {
          this.#adopt({ state: counted(false), kept: [], released: [] });
          throw error;
        }
      },
      signal,
    );
  }

  /** Tells what became of an order. @throws RefusalError `RISK_RESERVATION_UNKNOWN`. */
  async settle(account: string, id: string, end: ReservationEnd): Promise<void> {
    await this.#lock.run(account, async () => {
      const { state, reservations } = this.#record(account);
      const reservation = reservations.get(id);
      if (reservation === undefined) {
        throw new RefusalError({
          code: "RISK_RESERVATION_UNKNOWN",
          message: `account ${account} has no reservation ${id}`,
        });
      }
      const left = ended(reservation, end, this.#options.clock.now());
      await this.#write(
        left === undefined ? { state, kept: [], released: [id] } : { state, kept: [left], released: [] },
      );
    });
  }

  /** Takes in a snapshot: latches that it sets, reservations that it shows. Gives the mode that holds by then. */
  async observe(account: string, snapshot: AccountSnapshot, limits: Limits): Promise<RiskMode> {
    await this.#lock.run(account, async () => {
      const state = this.#observed(account, snapshot, limits);
      await this.#write({ state, kept: [], released: this.#shown(account, snapshot) });
      const record = this.#record(account);
      if (record.savedMode !== record.state.mode) await this.#saveMode(account);
    });
    return this.stateOf(account).mode;
  }

  /** Takes in a closed trade, once for each id; `profit` is account currency, `at` microseconds UTC. */
  async tradeClosed(
    account: string,
    trade: { readonly id: string; readonly profit: Decimal; readonly at: number },
  ): Promise<void> {
    await this.#lock.run(account, async () => {
      const state = tradeClosed(this.#record(account).state, trade);
      if (state !== this.#record(account).state) await this.#write({ state, kept: [], released: [] });
    });
  }

  /** Nothing more for an account, or for `EVERY_ACCOUNT`: at once, and durable when it resolves. */
  async halt(account: string, reason: string): Promise<void> {
    await this.#change(account, { kind: "halt", reason, at: this.#options.clock.now() });
  }

  /** Only reductions from now on. */
  async reduce(account: string): Promise<void> {
    await this.#change(account, { kind: "reduce", reason: "asked", at: this.#options.clock.now() });
  }

  /** Opens an account, or `EVERY_ACCOUNT`, again. @throws RefusalError `RISK_REARM_DENIED` unless an operator asks. */
  async rearm(account: string, by: Principal): Promise<void> {
    const event = { kind: "rearm", by } as const;
    const allowed = nextMode(this.#record(account).state.mode, event);
    if (!allowed.ok) throw new RefusalError(allowed.refusal);
    await this.#lock.run(account, async () => {
      const record = this.#record(account);
      const state = rearmed(record.state, this.#options.clock.now());
      await this.#write({ state, kept: [], released: record.unreadable });
      record.unreadable = [];
      await this.#change(account, event);
    });
  }

  #decide(intent: OrderIntent, view: RiskView): Decision {
    const { account } = intent;
    const verdict = this.judge({ intent, view });
    const limits = view.limits?.ok === true ? view.limits.value : undefined;
    const state = limits === undefined ? this.#record(account).state : this.#observed(account, view.snapshot, limits);
    const paced = verdict.ok || verdict.refusals.every(({ code }) => code !== "RISK_ORDER_RATE");
    const counted = (admitted: boolean): RiskState =>
      limits === undefined ? state : attempted(state, intent, { limits, admitted, paced });
    return { verdict, counted };
  }

  /** The state after a snapshot. A latch that it sets holds from here on, whatever becomes of the order. */
  #observed(account: string, snapshot: AccountSnapshot | undefined, limits: Limits): RiskState {
    const record = this.#record(account);
    const state = observed(record.state, snapshot, { now: this.#options.clock.now(), limits });
    if (state.mode !== record.state.mode) {
      record.state = { ...record.state, mode: state.mode };
      this.#saveMode(account).catch(this.#logged(`the latch of ${account} is not written`));
    }
    return state;
  }

  async #refuse(state: RiskState, view: RiskView): Promise<void> {
    const write = { state, kept: [], released: this.#shown(state.account, view.snapshot) };
    this.#adopt(write);
    // The refusal stands without its record; what is lost by a crash is a count.
    await this.#options.store.save(write).catch(this.#logged(`a refused order of ${state.account} is not counted`));
  }

  #shown(account: string, snapshot: AccountSnapshot | undefined): string[] {
    const { state, reservations } = this.#record(account);
    if (snapshot === undefined || snapshot.account !== account || snapshot.at < state.snapshotAt) return [];
    return [...reservations.values()].filter((one) => isShown(one, snapshot)).map(({ id }) => id);
  }

  async #write(write: RiskWrite): Promise<void> {
    await this.#options.store.save(write);
    this.#adopt(write);
  }

  #adopt({ state, kept, released }: RiskWrite): void {
    const record = this.#record(state.account);
    record.state = { ...state, mode: record.state.mode };
    for (const reservation of kept) record.reservations.set(reservation.id, reservation);
    for (const id of released) record.reservations.delete(id);
  }

  async #change(account: string, event: RiskEvent): Promise<void> {
    const record = this.#record(account);
    const next = nextMode(record.state.mode, event);
    if (!next.ok) throw new RefusalError(next.refusal);
    record.state = { ...record.state, mode: next.value };
    await this.#saveMode(account);
  }

  #saveMode(account: string): Promise<void> {
    const record = this.#record(account);
    const write = async (): Promise<void> => {
      const { mode } = record.state;
      await this.#options.store.saveMode(account, mode);
      record.savedMode = mode;
    };
    record.saving = record.saving.then(write, write);
    return record.saving;
  }

  #logged(what: string): (error: unknown) => void {
    return (error) => this.#options.log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }

  #record(account: string): AccountRecord {
    const known = this.#accounts.get(account);
    if (known !== undefined) return known;
    const state = newRiskState(account);
    const record: AccountRecord = {
      state,
      reservations: new Map(),
      unreadable: [],
      savedMode: state.mode,
      saving: Promise.resolve(),
    };
    this.#accounts.set(account, record);
    return record;
  }
}

interface Decision {
  readonly verdict: RiskVerdict;
  /** The state with this order counted. */
  readonly counted: (admitted: boolean) => RiskState;
}
