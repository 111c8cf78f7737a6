import { z } from "zod";
import {
  signedOperatorListSchema,
  type OperatorList,
  type OperatorsState,
  type SignedOperatorList,
} from "../../domain/operator.ts";
import { parseJson } from "../../domain/parse-json.ts";
import type { Outcome } from "../../domain/refusal.ts";
import { rememberLast } from "../../domain/remember-last.ts";
import { acceptListChange, operatorListHash, type DeskIdentity } from "../../gateway/approvals/operator-list.ts";
import { documentReader, readDocument, writeDocument, type FoundDocument } from "../json-document.ts";
import type { Vault } from "../vault/vault.ts";

const HEAD = "operators/list";
/** Hash of the list in the file, and of the one that is about to take its place. */
const headSchema = z.strictObject({ hash: z.string().nullable(), next: z.string().nullable() });
type Head = z.infer<typeof headSchema>;
type FoundList = FoundDocument<SignedOperatorList>;

export interface OperatorListOptions {
  readonly file: string;
  readonly vault: Vault;
  readonly identity: DeskIdentity;
  /** Called between two durable writes, so that tests can end there. */
  readonly crashPoint?: (name: "announced" | "written") => void;
}

/**
 * The list of operators: a file that anybody may read, and its hash in the vault, so that another list in its place
 * shows. One desk writes it.
 *
 * Invariants
 * 1. The vault first learns what is coming, then the file is replaced, then the vault forgets what was: a crash leaves
 *    the old list or the new one, and `open` knows which.
 * 2. A file that is neither is `tampered`, also when it is missing: then nobody counts as operator.
 */
export class OperatorListFile {
  readonly #options: OperatorListOptions;
  readonly #find: () => FoundList;
  readonly #judge = rememberLast(judge);
  #head: Head;
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(options: OperatorListOptions, head: Head) {
    this.#options = options;
    this.#find = documentReader(options.file, signedOperatorListSchema);
    this.#head = head;
  }

  /** Opens the list and finishes a change that was cut off. */
  static async open(options: OperatorListOptions): Promise<OperatorListFile> {
    const kept = await options.vault.get(HEAD);
    const head = kept === undefined ? { hash: null, next: null } : headOf(kept);
    const list = new OperatorListFile(options, head);
    if (head.next !== null) await list.#settle(list.#fileHash() === head.next ? head.next : head.hash);
    return list;
  }

  /** The operators of this moment. */
  async state(): Promise<OperatorsState> {
    await this.#changing;
    return this.#read();
  }

  /** Puts a list in the place of the present one, where it is signed as it must be. */
  change(next: SignedOperatorList): Promise<Outcome<OperatorList>> {
    const before = this.#changing;
    const changed = (async () => {
      await before;
      return this.#change(next);
    })();
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  async #change(next: SignedOperatorList): Promise<Outcome<OperatorList>> {
    const { file, vault, identity, crashPoint } = this.#options;
    const judged = acceptListChange(this.#read(), next, identity);
    if (!judged.ok) return judged;
    const hash = operatorListHash(next);
    await vault.set(HEAD, JSON.stringify({ hash: this.#head.hash, next: hash }));
    crashPoint?.("announced");
    writeDocument(file, next);
    crashPoint?.("written");
    await this.#settle(hash);
    return judged;
  }

  #read(): OperatorsState {
    const { file, identity } = this.#options;
    return this.#judge({ found: this.#find(), file, desk: identity.desk, hash: this.#head.hash });
  }

  #fileHash(): string | undefined {
    const found = readDocument(this.#options.file, signedOperatorListSchema);
    return found.kind === "read" ? operatorListHash(found.value) : undefined;
  }

  async #settle(hash: string | null): Promise<void> {
    const head = { hash, next: null };
    await this.#options.vault.set(HEAD, JSON.stringify(head));
    this.#head = head;
  }
}

/** The operators as a look from outside finds them; nothing is repaired, and a change that is under way counts as made. */
export async function readOperators(options: OperatorListOptions): Promise<OperatorsState> {
  const kept = await options.vault.get(HEAD);
  const { hash, next } = kept === undefined ? { hash: null, next: null } : headOf(kept);
  const { file, identity } = options;
  const found = readDocument(file, signedOperatorListSchema);
  const state = judge({ found, file, desk: identity.desk, hash });
  return state.kind === "tampered" && next !== null ? judge({ found, file, desk: identity.desk, hash: next }) : state;
}

/** What a file says, where its hash is the one that is expected. */
function judge(look: {
  readonly found: FoundList;
  readonly file: string;
  readonly desk: string;
  readonly hash: string | null;
}): OperatorsState {
  const { found, file, desk, hash } = look;
  if (found.kind === "unreadable") return { kind: "tampered", reason: found.reason };
  if (found.kind === "absent") {
    return hash === null ? { kind: "none" } : { kind: "tampered", reason: `${file} is missing` };
  }
  if (operatorListHash(found.value) !== hash || found.value.list.desk !== desk) {
    return { kind: "tampered", reason: `${file} is not the list that this desk wrote` };
  }
  return { kind: "intact", list: found.value.list, hash };
}

/** A head that cannot be read matches no list, so that everything fails closed. */
function headOf(text: string): Head {
  try {
    return headSchema.parse(parseJson(text));
  } catch {
    return { hash: "unreadable", next: null };
  }
}
