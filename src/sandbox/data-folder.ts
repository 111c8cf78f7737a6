import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import type { DataSource } from "../lean/data-source.ts";
import { singleZipEntry } from "./zip-entry.ts";

/** Nothing that LEAN ships comes near these. */
const LARGEST_FILE = 512 * 1024 * 1024;
const LARGEST_ENTRY = 1024 * 1024 * 1024;
const SAFE_PATH = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/;

/**
 * Data folders in LEAN's layout as one data source; the first folder that has a file wins. Symbolic links, paths that
 * leave a folder and files beyond a sane size are refused: a file is either a plain file below its folder or absent.
 */
export function openDataFolder(folders: readonly string[]): DataSource {
  const roots = folders.map((folder) => resolve(folder));
  const plainFolders = new Set<string>();
  const hashes = new Map<string, string>();
  const read = (path: string): Buffer | undefined => {
    if (!isSafe(path))
      throw new RangeError(`expected a relative path inside the data folder, got ${JSON.stringify(path)}`);
    for (const root of roots) {
      const bytes = readPlainFile(root, path, plainFolders);
      if (bytes === undefined) continue;
      if (!hashes.has(path)) hashes.set(path, createHash("sha256").update(bytes).digest("hex"));
      return bytes;
    }
    return undefined;
  };
  return {
    readText: (path) => read(path)?.toString("utf8"),
    readZip: (path) => {
      const bytes = read(path);
      if (bytes === undefined) return undefined;
      const entry = singleZipEntry(bytes, path, LARGEST_ENTRY);
      return entry.isStored ? entry.bytes : inflateRawSync(entry.bytes, { maxOutputLength: entry.size || 1 });
    },
    fingerprint: () => {
      const hash = createHash("sha256");
      for (const path of [...hashes.keys()].toSorted()) hash.update(`${path}\0${hashes.get(path) ?? ""}\n`);
      return hash.digest("hex");
    },
  };
}

function isSafe(path: string): boolean {
  return SAFE_PATH.test(path) && !path.split("/").some((part) => part === "." || part === "..");
}

/** The bytes of a plain file below a root; undefined if it is absent, a link or reached through one. */
function readPlainFile(root: string, path: string, plainFolders: Set<string>): Buffer | undefined {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  try {
    let folder = root;
    for (const part of parts) {
      folder = join(folder, part);
      if (plainFolders.has(folder)) continue;
      if (!lstatSync(folder).isDirectory()) return undefined;
      plainFolders.add(folder);
    }
    const file = join(folder, name);
    if (!lstatSync(file).isFile()) return undefined;
    return readWhole(file);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function readWhole(file: string): Buffer | undefined {
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) return undefined;
    if (status.size > LARGEST_FILE) throw new RangeError(`data file of ${status.size} bytes is too large: ${file}`);
    const bytes = Buffer.allocUnsafe(status.size);
    let done = 0;
    while (done < status.size) {
      const count = readSync(descriptor, bytes, done, status.size - done, done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(descriptor);
  }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP";
}
