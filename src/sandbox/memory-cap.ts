interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}
/** Node has it; the type library in use (no DOM) does not declare it. */
declare const WebAssembly: { readonly Memory: { readonly prototype: WasmMemory } };

const PAGE = 65_536;
const MIB = 1024 * 1024;

/** Bounds the WebAssembly memory of this process; V8's own limits do not count it. */
export interface MemoryCap {
  /** Sets the bound, in MiB. */
  set(mebibytes: number): void;
  /** Whether an allocation was refused since the start. */
  readonly wasHit: boolean;
}

/**
 * Wraps the growth of every WebAssembly memory, so that it throws RangeError above the bound; Emscripten turns that
 * into a failed allocation and Python into MemoryError. Must run before the interpreter is loaded.
 */
export function capMemory(mebibytes: number): MemoryCap {
  let limit = mebibytes * MIB;
  let hit = false;
  const { prototype } = WebAssembly.Memory;
  // oxlint-disable-next-line typescript/unbound-method -- called below with its memory as receiver
  const { grow } = prototype;
  Object.defineProperty(prototype, "grow", {
    configurable: false,
    writable: false,
    value(this: WasmMemory, pages: number): number {
      if (this.buffer.byteLength + pages * PAGE > limit) {
        hit = true;
        throw new RangeError(`WebAssembly memory is bounded to ${limit / MIB} MiB`);
      }
      return grow.call(this, pages);
    },
  });
  return {
    set: (next) => {
      limit = next * MIB;
    },
    get wasHit() {
      return hit;
    },
  };
}
