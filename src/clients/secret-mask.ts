/** Replaces secrets in a text. Secrets shorter than 6 characters are ignored: masking them would shred every text. */
export class SecretMask {
  readonly #secrets = new Set<string>();

  add(secret: string): void {
    if (secret.length < 6) return;
    this.#secrets.add(secret);
    // What goes over the wire is often the secret in another coat.
    this.#secrets.add(Buffer.from(secret).toString("base64").replace(/=+$/, ""));
    this.#secrets.add(encodeURIComponent(secret));
  }

  apply(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, "•••");
    return masked;
  }
}
