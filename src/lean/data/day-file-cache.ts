import type { DataSource } from "../data-source.ts";

/** Files of one day, which do not change once the day is over; long files grow with imports. */
const DAY_FILE = /\/\d{8}_[a-z]+\.zip$/;
const DEFAULT_BYTES = 64 * 1024 * 1024;

/**
 * Keeps the day files that were read last, so that many readers of the same prices (the brokers of live algorithms)
 * read each once. The same bytes are the same object, which lets what is parsed from them be kept, too.
 */
export class DayFileCache implements DataSource {
  readonly #source: DataSource;
  readonly #most: number;
  /** The one used last comes last. */
  readonly #files = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(source: DataSource, mostBytes: number = DEFAULT_BYTES) {
    this.#source = source;
    this.#most = mostBytes;
  }

  readText(path: string): string | undefined {
    return this.#source.readText(path);
  }

  readZip(path: string): Uint8Array | undefined {
    if (!DAY_FILE.test(path)) return this.#source.readZip(path);
    const known = this.#files.get(path);
    if (known !== undefined) {
      this.#files.delete(path);
      this.#files.set(path, known);
      return known;
    }
    const bytes = this.#source.readZip(path);
    if (bytes !== undefined) this.#keep(path, bytes);
    return bytes;
  }

  fingerprint(): string {
    return this.#source.fingerprint();
  }

  #keep(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#files) {
      if (this.#bytes <= this.#most || oldest === path) return;
      this.#files.delete(oldest);
      this.#bytes -= length;
    }
  }
}
