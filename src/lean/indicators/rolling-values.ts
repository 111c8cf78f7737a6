/** The last `size` values in a ring; `oldest` is what the next `push` removes once it is full. */
export class RollingValues {
  readonly size: number;
  readonly #values: Float64Array;
  #next = 0;
  #count = 0;

  constructor(size: number) {
    this.size = size;
    this.#values = new Float64Array(size);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.size;
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = this.#next + 1 === this.size ? 0 : this.#next + 1;
    if (this.#count < this.size) this.#count += 1;
  }

  /** 0 is the newest value. */
  at(age: number): number {
    const index = this.#next - 1 - age;
    return this.#values[index < 0 ? index + this.size : index] ?? 0;
  }

  get oldest(): number {
    return this.at(this.#count - 1);
  }

  clear(): void {
    this.#next = 0;
    this.#count = 0;
  }
}
