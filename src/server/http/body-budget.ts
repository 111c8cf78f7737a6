/**
 * How many bytes of messages a door takes in at the same time: each may be long, and many long ones that come slowly
 * would fill the memory.
 */
export class BodyBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes room until what it gives is disposed of; undefined where there is none. */
  take(bytes: number): Disposable | undefined {
    if (bytes > this.#left) return undefined;
    this.#left -= bytes;
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (isTaken) this.#left += bytes;
        isTaken = false;
      },
    };
  }
}
