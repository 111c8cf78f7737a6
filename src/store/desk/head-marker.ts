import type { ChainHead } from "../../gateway/audit-chain.ts";
import type { AuditWatermark } from "../audit-watermark.ts";

const OFTEN = 1000;
/** How long a mark may lag: little when much was written, more when it was not. */
const BUSY_MILLISECONDS = 1000;
const QUIET_MILLISECONDS = 30_000;

/** Writes the head of a log to its second place now and then: a vault is too slow for each record. */
export class HeadMarker implements AsyncDisposable {
  readonly #watermark: AuditWatermark;
  readonly #head: () => ChainHead;
  #marked = 0;
  #timer: NodeJS.Timeout | undefined;
  #isSoon = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(watermark: AuditWatermark, head: () => ChainHead) {
    this.#watermark = watermark;
    this.#head = head;
  }

  /** The head has moved on. */
  moved(): void {
    const isMuch = this.#head().count - this.#marked >= OFTEN;
    if (this.#timer !== undefined && (this.#isSoon || !isMuch)) return;
    clearTimeout(this.#timer);
    this.#isSoon = isMuch;
    // A vault that cannot be written now is tried again with the next record; the log itself is durable without it.
    const mark = (): void => void this.now().catch(() => undefined);
    this.#timer = setTimeout(mark, isMuch ? BUSY_MILLISECONDS : QUIET_MILLISECONDS).unref();
  }

  /** Marks the head as it is. */
  now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const write = async (): Promise<void> => {
      const head = this.#head();
      await this.#watermark.write(head);
      this.#marked = head.count;
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.now().catch(() => undefined);
  }
}
