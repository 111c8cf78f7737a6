import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { exclusively } from "../exclusively.ts";
import type { Vault } from "./vault.ts";

const fileSchema = z.object({ version: z.literal(1), iv: z.string(), tag: z.string(), data: z.string() });
const secretsSchema = z.record(z.string(), z.string());
type Secrets = z.infer<typeof secretsSchema>;

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function replaceFile(path: string, content: string): void {
  // Synced before it takes the place of the old one: a power cut must not leave an empty file of secrets.
  writeFileSync(`${path}.next`, content, { mode: 0o600, flush: true });
  renameSync(`${path}.next`, path);
}

function decrypt(text: string, key: Buffer, path: string): Secrets {
  try {
    const sealed = fileSchema.parse(parseJson(text));
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(sealed.iv, "base64"));
    decipher.setAuthTag(Buffer.from(sealed.tag, "base64"));
    const plain = Buffer.concat([decipher.update(Buffer.from(sealed.data, "base64")), decipher.final()]).toString(
      "utf8",
    );
    return secretsSchema.parse(parseJson(plain));
  } catch (error) {
    throw new RefusalError(
      {
        code: "VAULT_UNREADABLE",
        message: `the file of secrets ${path} cannot be decrypted: it was changed, or its key was`,
        remedy: "restore both files from a backup, or delete them and log in again (`quantwright login …`)",
      },
      { cause: error },
    );
  }
}

function encrypt(secrets: Secrets, key: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const data = Buffer.concat([cipher.update(JSON.stringify(secrets), "utf8"), cipher.final()]);
  return JSON.stringify({
    version: 1,
    iv: iv.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  });
}

/** The key, made by who comes first. */
function keyIn(keyFile: string): string {
  const known = readOrUndefined(keyFile);
  if (known !== undefined) return known;
  const made = randomBytes(32).toString("base64");
  writeFileSync(keyFile, made, { mode: 0o600, flag: "wx", flush: true });
  return made;
}

/** The outcome of synchronous work as a promise: a fault is a rejection, as callers of a vault expect. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

/**
 * Secrets in an AES-256-GCM file, for machines without a keychain. The key lies beside it with mode 600: this protects
 * a copy of the file, not against a program that runs as the same user, and the notice says so.
 */
export function openFileVault(file: string, keyFile: string): Vault {
  const lock = `${file}.lock`;
  const key = Buffer.from(readOrUndefined(keyFile) ?? exclusively(lock, () => keyIn(keyFile)), "base64");
  const read = (): Secrets => {
    const text = readOrUndefined(file);
    return text === undefined ? {} : decrypt(text, key, file);
  };
  return {
    kind: "file",
    notice: `no OS keychain here: secrets are kept in the encrypted file ${file}; its key lies beside it, readable by your user only`,
    get: (name) => settled(() => read()[name]),
    set: (name, value) =>
      settled(() => exclusively(lock, () => replaceFile(file, encrypt({ ...read(), [name]: value }, key)))),
    delete: (name) =>
      settled(() =>
        exclusively(lock, () => {
          const { [name]: removed, ...rest } = read();
          if (removed !== undefined) replaceFile(file, encrypt(rest, key));
          return removed !== undefined;
        }),
      ),
  };
}
