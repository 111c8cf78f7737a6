import { parseJson } from "./parse-json.ts";
import { isRpcId, type RpcId } from "./json-rpc.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const LONGEST_TOKEN = 256;

/**
 * Finds the top-level `id` of a JSON object that is too long to be kept: bytes come in chunks, and only the tokens of
 * the first level are remembered. What it reads need not be valid JSON; then nothing is found.
 */
export class TopLevelIdScanner {
  #depth = 0;
  #inText = false;
  #escaped = false;
  #token: number[] = [];
  #tokenTooLong = false;
  #key: string | undefined;
  #id: RpcId | undefined;
  #isRequest = false;

  /** The id, once it was seen. */
  get id(): RpcId | undefined {
    return this.#id;
  }

  /** Whether a top-level `method` was seen: then the id is the sender's own. */
  get isRequest(): boolean {
    return this.#isRequest;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#inText) this.#insideText(byte);
      else this.#outsideText(byte);
    }
  }

  #insideText(byte: number): void {
    if (this.#depth === 1) this.#keep(byte);
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inText = false;
  }

  #outsideText(byte: number): void {
    if (byte === QUOTE) this.#inText = true;
    // Opening and closing brackets and braces differ from each other by two: [ ] and { }.
    if (byte === 0x7b || byte === 0x5b) {
      this.#depth += 1;
      return;
    }
    if (byte === 0x7d || byte === 0x5d) {
      if (this.#depth === 1) this.#endOfMember();
      this.#depth -= 1;
      return;
    }
    if (this.#depth !== 1) return;
    if (byte === COLON) this.#endOfKey();
    else if (byte === COMMA) this.#endOfMember();
    else this.#keep(byte);
  }

  #keep(byte: number): void {
    if (this.#token.length < LONGEST_TOKEN) this.#token.push(byte);
    else this.#tokenTooLong = true;
  }

  #endOfKey(): void {
    const key = this.#take();
    this.#key = typeof key === "string" ? key : undefined;
    if (key === "method") this.#isRequest = true;
  }

  #endOfMember(): void {
    const value = this.#take();
    if (this.#key === "id" && isRpcId(value)) this.#id = value;
    this.#key = undefined;
  }

  #take(): unknown {
    const text = this.#tokenTooLong ? "" : new TextDecoder().decode(Uint8Array.from(this.#token)).trim();
    this.#token = [];
    this.#tokenTooLong = false;
    try {
      return text === "" ? undefined : parseJson(text);
    } catch {
      return undefined;
    }
  }
}
