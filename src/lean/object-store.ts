import { AlgorithmError } from "./algorithm/algorithm-error.ts";

/**
 * Where an algorithm keeps bytes by key beyond its run: LEAN's `ObjectStore`. Synchronous, because strategies read and
 * write it in the middle of a step. Keys are paths with `/`; see `checkedKey`.
 */
export interface ObjectStore {
  containsKey(key: string): boolean;
  /** Undefined where there is no such key. */
  readBytes(key: string): Uint8Array | undefined;
  saveBytes(key: string, bytes: Uint8Array): void;
  /** False where there was no such key. */
  delete(key: string): boolean;
  keys(): string[];
}

const LONGEST_KEY = 512;

/** The key as it is stored; throws an AlgorithmError for one that could lead out of the store. */
export function checkedKey(key: string): string {
  const plain = key.replaceAll("\\", "/").replace(/^\/+/, "");
  const parts = plain.split("/");
  const isPath = parts.every((part) => part !== "" && part !== "." && part !== "..");
  // oxlint-disable-next-line no-control-regex -- control characters are just what is refused
  if (plain === "" || plain.length > LONGEST_KEY || !isPath || /[\u0000-\u001f]/.test(plain)) {
    throw new AlgorithmError(`expected a key such as "folder/name", got ${JSON.stringify(key.slice(0, 100))}`, {
      remedy: `Use a relative path of at most ${LONGEST_KEY} characters, without "..".`,
    });
  }
  return plain;
}

/** A store that lives as long as the run. */
export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, Uint8Array>();

  containsKey(key: string): boolean {
    return this.#objects.has(key);
  }

  readBytes(key: string): Uint8Array | undefined {
    return this.#objects.get(key)?.slice();
  }

  saveBytes(key: string, bytes: Uint8Array): void {
    this.#objects.set(key, bytes.slice());
  }

  delete(key: string): boolean {
    return this.#objects.delete(key);
  }

  keys(): string[] {
    return [...this.#objects.keys()].toSorted();
  }
}
