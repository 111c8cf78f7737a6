/** Runs pieces of work one after the other; a failing one does not hold up the next. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #unfinished = 0;

  /** Whether something waits behind what runs now. */
  get hasWaiting(): boolean {
    return this.#unfinished > 1;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#unfinished += 1;
    const result = this.#last.then(work).finally(() => (this.#unfinished -= 1));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything asked for so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
