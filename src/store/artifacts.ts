import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../domain/refusal.ts";

/** Content-addressed files: the name is the SHA-256 of the content, so that writing twice is writing once. */
export class Artifacts {
  readonly #folder: string;
  #counter = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Stores a content and returns its hash. Whole or not at all: written beside, synced, then renamed. */
  async put(content: string | Uint8Array): Promise<string> {
    const hash = createHash("sha256").update(content).digest("hex");
    const target = this.#path(hash);
    if (await exists(target)) return hash;
    const part = `${target}.${process.pid}.${(this.#counter += 1)}`;
    try {
      await mkdir(join(target, ".."), { recursive: true, mode: 0o700 });
      const file = await open(part, "w", 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, target);
    } catch (error) {
      // The fault that matters is the first one.
      await rm(part, { force: true }).catch(() => undefined);
      throw new RefusalError(
        {
          code: "ARTIFACT_NOT_STORED",
          message: `cannot store a result of ${content.length} ${typeof content === "string" ? "characters" : "bytes"}: ${error instanceof Error ? error.message : String(error)}`,
          remedy: "free disk space or make the data directory writable",
          retryable: true,
        },
        { cause: error },
      );
    }
    return hash;
  }

  /** The text under a hash, or undefined. A content that does not match its name is a fault. */
  async get(hash: string): Promise<string | undefined> {
    const bytes = await this.getBytes(hash);
    return bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  }

  /** The bytes under a hash, or undefined. A content that does not match its name is a fault. */
  async getBytes(hash: string): Promise<Uint8Array | undefined> {
    if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
    const content = await readFile(this.#path(hash)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (content !== undefined && createHash("sha256").update(content).digest("hex") !== hash) {
      throw new Error(`artifact ${hash} was changed on disk`);
    }
    return content;
  }

  /** Removes a content; nothing happens when it is not there. Whoever calls knows that nothing refers to it. */
  async remove(hash: string): Promise<void> {
    if (/^[0-9a-f]{64}$/.test(hash)) await rm(this.#path(hash), { force: true });
  }

  #path(hash: string): string {
    return join(this.#folder, hash.slice(0, 2), hash);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
