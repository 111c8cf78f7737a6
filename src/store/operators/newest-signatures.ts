import { z } from "zod";
import { isoTime } from "../../domain/clock.ts";
import type { DocumentSignature } from "../../domain/operator.ts";
import { parseJson } from "../../domain/parse-json.ts";
import { rememberLast } from "../../domain/remember-last.ts";
import type { FoundDocument } from "../json-document.ts";
import type { Vault } from "../vault/vault.ts";

const NEWEST = "operators/newest-signatures";
const newestSchema = z.strictObject({ policy: z.int(), limits: z.int(), compute: z.int().default(0) });
type Newest = z.infer<typeof newestSchema>;
type Signed = { readonly signatures: readonly DocumentSignature[] };

/**
 * The time of the newest signature under policy, limits and budget that ever counted, kept in the vault: a file that was
 * signed before it, and is put back, counts no more, though its signatures fit.
 */
export class NewestSignatures {
  readonly #vault: Vault;
  #newest: Newest;

  private constructor(vault: Vault, newest: Newest) {
    this.#vault = vault;
    this.#newest = newest;
  }

  static async open(vault: Vault): Promise<NewestSignatures> {
    const kept = await vault.get(NEWEST);
    return new NewestSignatures(vault, kept === undefined ? { policy: 0, limits: 0, compute: 0 } : newestOf(kept));
  }

  /** A reader whose documents are unreadable once a newer one was signed. Without signatures they pass as they are. */
  guard<Value extends Signed>(kind: keyof Newest, read: () => FoundDocument<Value>): () => FoundDocument<Value> {
    const judged = rememberLast(judge<Value>);
    return () => judged({ kind, found: read(), newest: this.#newest[kind] });
  }

  /** Notes a document whose signatures were found to count; one from the future is not believed. */
  async note(kind: keyof Newest, found: FoundDocument<Signed>, now: number): Promise<void> {
    const at = found.kind === "read" ? newestAt(found.value) : 0;
    if (at <= this.#newest[kind] || at > now) return;
    const next = { ...this.#newest, [kind]: at };
    await this.#vault.set(NEWEST, JSON.stringify(next));
    this.#newest = next;
  }
}

function judge<Value extends Signed>(look: {
  readonly kind: keyof Newest;
  readonly found: FoundDocument<Value>;
  readonly newest: number;
}): FoundDocument<Value> {
  const { kind, found, newest } = look;
  if (found.kind !== "read" || found.value.signatures.length === 0 || newestAt(found.value) >= newest) return found;
  const when = newest === Number.MAX_SAFE_INTEGER ? "an unknown time" : isoTime(newest);
  return {
    kind: "unreadable",
    reason: `the ${kind} was signed before the one that was signed at ${when}: an older file was put back`,
  };
}

function newestAt({ signatures }: Signed): number {
  return Math.max(0, ...signatures.map(({ at }) => at));
}

/** What cannot be read lets no signed file count. */
function newestOf(text: string): Newest {
  try {
    return newestSchema.parse(parseJson(text));
  } catch {
    const never = Number.MAX_SAFE_INTEGER;
    return { policy: never, limits: never, compute: never };
  }
}
