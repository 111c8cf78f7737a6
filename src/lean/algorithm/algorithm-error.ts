/**
 * What the strategy's own code threw, or how it misused the API. The bridge throws it with the traceback of the user's
 * files as `stackTrace`; the run ends with status RuntimeError.
 */
export class AlgorithmError extends Error {
  override readonly name = "AlgorithmError";
  /** Stable, `ALGORITHM_ERROR` unless a better one is known. */
  readonly code: string;
  readonly stackTrace: string;
  readonly remedy: string | undefined;

  constructor(
    message: string,
    details: {
      readonly code?: string;
      readonly stackTrace?: string;
      readonly remedy?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = details.code ?? "ALGORITHM_ERROR";
    this.stackTrace = details.stackTrace ?? "";
    this.remedy = details.remedy;
  }
}
