import { HEADER, type Board } from "../board.ts";
import type { ZoneOffsets } from "../time/zone-offsets.ts";

/** The algorithm's time: UTC microseconds and the wall clock of its time zone, kept on the board too. */
export class Clock {
  zone: ZoneOffsets;
  utc = 0;
  local = 0;
  readonly #board: Board;

  constructor(board: Board, zone: ZoneOffsets) {
    this.#board = board;
    this.zone = zone;
  }

  set(utc: number): void {
    this.utc = utc;
    this.local = utc + this.zone.offsetAt(utc);
    const { values } = this.#board;
    values[HEADER.UTC_TIME] = utc;
    values[HEADER.LOCAL_TIME] = this.local;
  }

  setZone(zone: ZoneOffsets): void {
    this.zone = zone;
    this.set(this.utc);
  }
}
