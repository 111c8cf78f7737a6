import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  scrypt,
  type KeyObject,
} from "node:crypto";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { operatorNameSchema, SHORTEST_PASSPHRASE } from "../../domain/operator.ts";
import { RefusalError, type Refusal } from "../../domain/refusal.ts";
import { readDocument, writeDocument } from "../json-document.ts";

/** A pair of keys: the raw Ed25519 public key in base64, and the private one. */
export interface OperatorKey {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

const kdfSchema = z.strictObject({
  name: z.literal("scrypt"),
  // Upper bounds, so that a changed file cannot eat the memory of whoever opens it.
  N: z
    .int()
    .min(2 ** 16)
    .max(2 ** 20),
  r: z.literal(8),
  p: z.literal(1),
  salt: z.base64(),
});
const keyFileSchema = z.strictObject({
  version: z.literal(1),
  name: operatorNameSchema,
  publicKey: z.string(),
  kdf: kdfSchema,
  cipher: z.literal("aes-256-gcm"),
  iv: z.base64(),
  tag: z.base64(),
  data: z.base64(),
});
type KeyFile = z.infer<typeof keyFileSchema>;
type Kdf = z.infer<typeof kdfSchema>;

const attemptsSchema = z.strictObject({ failures: z.int().min(0), lastAt: z.int() });
const SECOND = 1_000_000;
const LONGEST_WAIT_SECONDS = 30;

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

export function newOperatorKey(): OperatorKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { publicKey: publicKey.export({ format: "raw-public" }).toString("base64"), privateKey };
}

/** Time as the delays after wrong passphrases need it; injected. */
export interface Patience {
  /** Microseconds UTC. */
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

/** The encrypted keys of the operators who sign on this machine: one file each, mode 600. */
export class OperatorKeyFolder {
  readonly #folder: string;
  readonly #patience: Patience;

  constructor(folder: string, patience: Patience) {
    this.#folder = folder;
    this.#patience = patience;
  }

  has(name: string): boolean {
    return readDocument(this.#file(name), keyFileSchema).kind !== "absent";
  }

  /** @throws RefusalError `OPERATOR_PASSPHRASE_WEAK` for a short passphrase. */
  async save(name: string, key: OperatorKey, passphrase: string): Promise<void> {
    if (passphrase.length < SHORTEST_PASSPHRASE) throw new RefusalError(weak());
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const sealed = await seal(name, key, passphrase);
    this.#setAside(name, key.publicKey);
    writeDocument(this.#file(name), sealed);
  }

  /**
   * Opens a key. After the third wrong passphrase each try waits, up to half a minute; nobody is ever locked out.
   * @throws RefusalError `OPERATOR_PASSPHRASE_WRONG`, `OPERATOR_KEY_MISSING` or `OPERATOR_KEY_DAMAGED`.
   */
  async open(name: string, passphrase: string): Promise<OperatorKey> {
    const found = readDocument(this.#file(name), keyFileSchema);
    if (found.kind === "absent") throw new RefusalError(missing(name));
    if (found.kind === "unreadable") throw new RefusalError(damaged(found.reason));
    const failures = await this.#wait(name);
    const key = await unseal(found.value, passphrase);
    if (key !== undefined) {
      rmSync(this.#attempts(name), { force: true });
      return key;
    }
    writeDocument(this.#attempts(name), { failures: failures + 1, lastAt: this.#patience.now() });
    throw new RefusalError({
      code: "OPERATOR_PASSPHRASE_WRONG",
      message: `this is not the passphrase of ${name}`,
      remedy: "try again; the waits grow, and nobody is locked out. A lost passphrase means a new operator",
    });
  }

  /** Another key of the name may be one that somebody enrolled a moment ago in another terminal: it is not lost. */
  #setAside(name: string, publicKey: string): void {
    const present = readDocument(this.#file(name), keyFileSchema);
    if (present.kind !== "read" || present.value.publicKey === publicKey) return;
    const short = createHash("sha256").update(present.value.publicKey).digest("hex").slice(0, 8);
    renameSync(this.#file(name), join(this.#folder, `${name}.${short}.key`));
  }

  async #wait(name: string): Promise<number> {
    const found = readDocument(this.#attempts(name), attemptsSchema);
    if (found.kind !== "read") return 0;
    const { failures, lastAt } = found.value;
    const seconds = failures < 3 ? 0 : Math.min(LONGEST_WAIT_SECONDS, 2 ** (failures - 3));
    // A clock that was set back must not make the wait longer than it is.
    const passed = Math.max(0, this.#patience.now() - lastAt);
    const left = seconds * SECOND - passed;
    if (left > 0) await this.#patience.wait(Math.ceil(left / 1000));
    return failures;
  }

  #file(name: string): string {
    return join(this.#folder, `${operatorNameSchema.parse(name)}.key`);
  }

  #attempts(name: string): string {
    return join(this.#folder, `${operatorNameSchema.parse(name)}.attempts`);
  }
}

async function seal(name: string, key: OperatorKey, passphrase: string): Promise<KeyFile> {
  const kdf: Kdf = { name: "scrypt", N: 2 ** 17, r: 8, p: 1, salt: randomBytes(16).toString("base64") };
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", await derivedKey(passphrase, kdf), iv);
  cipher.setAAD(authenticated({ name, publicKey: key.publicKey, kdf }));
  const plain = key.privateKey.export({ format: "der", type: "pkcs8" });
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    version: 1,
    name,
    publicKey: key.publicKey,
    kdf,
    cipher: "aes-256-gcm",
    iv: iv.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  };
}

/** Undefined for a wrong passphrase, which cannot be told from a changed file. */
async function unseal(file: KeyFile, passphrase: string): Promise<OperatorKey | undefined> {
  const key = await derivedKey(passphrase, file.kdf);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(file.iv, "base64"), { authTagLength: 16 });
    decipher.setAAD(authenticated(file));
    decipher.setAuthTag(Buffer.from(file.tag, "base64"));
    const der = Buffer.concat([decipher.update(Buffer.from(file.data, "base64")), decipher.final()]);
    return { publicKey: file.publicKey, privateKey: createPrivateKey({ key: der, format: "der", type: "pkcs8" }) };
  } catch {
    return undefined;
  }
}

function derivedKey(passphrase: string, { N, r, p, salt }: Kdf): Promise<Buffer> {
  // The same passphrase may be typed in two forms of Unicode.
  return derive(passphrase.normalize("NFC"), Buffer.from(salt, "base64"), 32, { N, r, p, maxmem: 256 * N * r });
}

function authenticated({ name, publicKey, kdf }: Pick<KeyFile, "name" | "publicKey" | "kdf">): Buffer {
  return Buffer.from(canonicalJson({ name, publicKey, kdf }));
}

function weak(): Refusal {
  return {
    code: "OPERATOR_PASSPHRASE_WEAK",
    message: `a passphrase has ${SHORTEST_PASSPHRASE} characters or more`,
    remedy: "take a sentence that only you know",
  };
}

function missing(name: string): Refusal {
  return {
    code: "OPERATOR_KEY_MISSING",
    message: `the key of operator "${name}" is not on this machine`,
    remedy: "sign where it was made, or name another operator with --as NAME",
  };
}

function damaged(reason: string): Refusal {
  return {
    code: "OPERATOR_KEY_DAMAGED",
    message: `the key file cannot be read: ${reason}`,
    remedy: "restore it from a backup; without one, another operator removes this one and adds him anew",
  };
}
