/** Keeps what was parsed last, up to a number of characters of its source. The oldest goes first. */
export class PartCache {
  readonly #most: number;
  readonly #entries = new Map<string, { readonly value: unknown; readonly size: number }>();
  #size = 0;

  constructor(mostCharacters: number) {
    this.#most = mostCharacters;
  }

  get(key: string): unknown {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: unknown, size: number): void {
    if (size > this.#most || this.#entries.has(key)) return;
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#most) return;
      this.#entries.delete(oldest);
      this.#size -= entry.size;
    }
  }
}
