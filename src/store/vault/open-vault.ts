import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { openFileVault } from "./file-vault.ts";
import { openKeychainVault, probeKeychain } from "./keychain-vault.ts";
import type { Vault } from "./vault.ts";

const choiceSchema = z.object({ kind: z.enum(["keychain", "file"]) });

export interface OpenVaultOptions {
  readonly dataDir: string;
  /** Identity of the data directory; keeps the secrets of several apart. */
  readonly id: string;
  /** `file` for demos and tests, which must not touch the user's keychain. */
  readonly prefer: "keychain" | "file";
}

/**
 * Opens the place of secrets of a data directory. The first choice holds: once secrets went into the keychain, a
 * keychain that does not answer is an error (`KEYCHAIN_LOCKED`), never a silent move to a file.
 */
export function openVault(options: OpenVaultOptions): Vault {
  const choiceFile = join(options.dataDir, "vault.json");
  const service = `quantwright/${options.id}`;
  const chosen = readChoice(choiceFile) ?? decide(options.prefer, service);
  if (readChoice(choiceFile) === undefined)
    writeFileSync(choiceFile, JSON.stringify({ kind: chosen }), { mode: 0o600 });
  return chosen === "keychain"
    ? openKeychainVault(service)
    : openFileVault(join(options.dataDir, "secrets.sealed"), join(options.dataDir, "secrets.key"));
}

function decide(prefer: "keychain" | "file", service: string): "keychain" | "file" {
  if (prefer === "file") return "file";
  const state = probeKeychain(service);
  if (state.kind === "locked") throw state.refusal;
  return state.kind === "usable" ? "keychain" : "file";
}

function readChoice(file: string): "keychain" | "file" | undefined {
  try {
    return choiceSchema.parse(parseJson(readFileSync(file, "utf8"))).kind;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new RefusalError(
      {
        code: "VAULT_UNREADABLE",
        message: `${file} does not say where the secrets are: {"kind":"keychain"} or {"kind":"file"} was expected`,
        remedy: "correct it, or delete it to choose again (then log in again: `quantwright login …`)",
      },
      { cause: error },
    );
  }
}
