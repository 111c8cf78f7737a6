import { DataFault } from "../lean/data/data-fault.ts";

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const ZIP64_FIELD = 1;
const SEE_ZIP64 = 0xffffffff;
const LARGEST_COMMENT = 65_535;
const STORED = 0;
const DEFLATED = 8;

/** The first entry of a zip file, still compressed unless `isStored`; `size` is its inflated size. */
export interface ZipEntry {
  readonly bytes: Buffer;
  readonly size: number;
  readonly isStored: boolean;
}

/**
 * Finds the entry of a zip file that holds a single file, as LEAN's price files do, through the central directory.
 * Throws a DataFault that names the file when it is damaged, encrypted, in another format or too large.
 */
export function singleZipEntry(zip: Buffer, name: string, largest: number): ZipEntry {
  const fail = (what: string): never => {
    throw new DataFault({
      code: "DATA_DAMAGED",
      message: `${name}: expected a zip file with one deflated entry, ${what}`,
      remedy: "Import or download the file again.",
    });
  };
  const end = findEnd(zip);
  if (end < 0) return fail("found no central directory");
  const central = zip.readUInt32LE(end + 16);
  if (central + CENTRAL_SIZE > zip.length || zip.readUInt32LE(central) !== CENTRAL_SIGNATURE) {
    return fail("found a damaged central directory");
  }
  const flags = zip.readUInt16LE(central + 8);
  const method = zip.readUInt16LE(central + 10);
  const { compressed, size, local } = sizesOf(zip, central);
  if ((flags & 1) !== 0) return fail("found an encrypted one");
  if (method !== STORED && method !== DEFLATED) return fail(`found compression method ${method}`);
  if (size > largest) return fail(`found one of ${size} bytes`);
  if (local + LOCAL_SIZE > zip.length || zip.readUInt32LE(local) !== LOCAL_SIGNATURE) return fail("found no entry");
  const start = local + LOCAL_SIZE + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  if (start + compressed > zip.length) return fail("found a cut one");
  return { bytes: zip.subarray(start, start + compressed), size, isStored: method === STORED };
}

/** Sizes and place of an entry; where 32 bits say "see elsewhere", from the ZIP64 extra field. */
function sizesOf(zip: Buffer, central: number): { compressed: number; size: number; local: number } {
  const values = {
    size: zip.readUInt32LE(central + 24),
    compressed: zip.readUInt32LE(central + 20),
    local: zip.readUInt32LE(central + 42),
  };
  let at = central + CENTRAL_SIZE + zip.readUInt16LE(central + 28);
  const end = Math.min(at + zip.readUInt16LE(central + 30), zip.length);
  while (at + 4 <= end && zip.readUInt16LE(at) !== ZIP64_FIELD) at += 4 + zip.readUInt16LE(at + 2);
  at += 4;
  for (const name of ["size", "compressed", "local"] as const) {
    if (values[name] !== SEE_ZIP64 || at + 8 > end) continue;
    values[name] = Number(zip.readBigUInt64LE(at));
    at += 8;
  }
  return values;
}

/** The end record stands in the last bytes, before a comment of unknown length. */
function findEnd(zip: Buffer): number {
  const first = Math.max(0, zip.length - END_SIZE - LARGEST_COMMENT);
  for (let at = zip.length - END_SIZE; at >= first; at -= 1) if (zip.readUInt32LE(at) === END_SIGNATURE) return at;
  return -1;
}
