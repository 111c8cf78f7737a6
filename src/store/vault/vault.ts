/** Where secrets are kept. Names are our own, such as `quantconnect/token`; values never leave but to who asks. */
export interface Vault {
  readonly kind: "keychain" | "file";
  /** What a person should know about this place, or undefined when there is nothing to say. */
  readonly notice: string | undefined;
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  /** Whether there was something to delete. */
  delete(name: string): Promise<boolean>;
}
