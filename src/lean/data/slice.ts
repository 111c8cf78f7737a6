import { HEADER, SECURITY, type Board } from "../board.ts";
import type { Security } from "../securities/security.ts";
import type { CorporateEvent, Delisting, Dividend, Split, SymbolChanged } from "./corporate-event.ts";

/**
 * The current time slice, a view on the board plus the slice's corporate events. Bars are read from the board:
 * a trade bar is there when `board.values[security.boardOffset + SECURITY.BAR]` is not 0.
 */
export class Slice {
  /** Securities with a bar in this slice, in feed order. */
  readonly securities: Security[] = [];
  readonly events: CorporateEvent[] = [];
  readonly #board: Board;

  constructor(board: Board) {
    this.#board = board;
  }

  /** Wall clock of the algorithm, integer microseconds. */
  get time(): number {
    return this.#board.values[HEADER.SLICE_TIME] ?? 0;
  }

  get utcTime(): number {
    return this.#board.values[HEADER.UTC_TIME] ?? 0;
  }

  get hasData(): boolean {
    return this.#board.values[HEADER.SLICE_HAS_DATA] === 1;
  }

  hasTradeBar(security: Security): boolean {
    return this.#board.values[security.boardOffset + SECURITY.BAR] !== 0;
  }

  hasQuoteBar(security: Security): boolean {
    return this.#board.values[security.boardOffset + SECURITY.QUOTE] !== 0;
  }

  containsKey(security: Security): boolean {
    return this.hasTradeBar(security) || this.hasQuoteBar(security);
  }

  get dividends(): Dividend[] {
    return this.events.filter((event) => event.kind === "dividend");
  }

  get splits(): Split[] {
    return this.events.filter((event) => event.kind === "split");
  }

  get delistings(): Delisting[] {
    return this.events.filter((event) => event.kind === "delisting");
  }

  get symbolChangedEvents(): SymbolChanged[] {
    return this.events.filter((event) => event.kind === "symbol-changed");
  }
}
