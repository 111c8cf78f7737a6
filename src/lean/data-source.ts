/**
 * Where the engine reads market data: a folder in LEAN's layout, seen through LEAN's relative paths
 * (`equity/usa/minute/spy/20131007_trade.zip`). Synchronous, because the engine runs in one thread with the strategy.
 */
export interface DataSource {
  /** The text of a file, `undefined` where there is none. */
  readText(path: string): string | undefined;
  /** The inflated single entry of a zip file, `undefined` where there is none. */
  readZip(path: string): Uint8Array | undefined;
  /** SHA-256 over path and content hash of every file read so far, in path order. */
  fingerprint(): string;
}
