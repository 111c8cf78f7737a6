/**
 * A foreseen refusal: a value, not an exception. `code` is stable and documented, `message` says what was expected
 * and what came, `remedy` what to do now.
 */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | undefined;
  /** Whether the same request may succeed later without a change. */
  readonly retryable?: boolean | undefined;
}

/** The answer of an operation that may refuse. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function accepted<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}

/** Carries a refusal through code that can only throw; edges turn it back into a value. */
export class RefusalError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.message, options);
    this.name = "RefusalError";
    this.refusal = refusal;
  }
}
