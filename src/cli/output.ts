import type { Refusal } from "../domain/refusal.ts";
import type { Terminal } from "./cli-services.ts";

export interface OutputFlags {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" } as const;

/** How commands speak: JSON lines when asked, tables and bars for people otherwise. */
export class Output {
  readonly #terminal: Terminal;
  readonly json: boolean;
  readonly quiet: boolean;
  #barShown = false;

  constructor(terminal: Terminal, flags: OutputFlags) {
    this.#terminal = terminal;
    this.json = flags.json === true;
    this.quiet = flags.quiet === true;
  }

  /** The result of a command: `value` as one JSON line, or `text` for people. */
  result(value: unknown, text: string): void {
    this.endBar();
    this.#terminal.out(
      this.json ? `${JSON.stringify(value)}\n` : text.endsWith("\n") || text === "" ? text : `${text}\n`,
    );
  }

  /** Said to people while the command works; nothing in JSON or quiet mode. */
  note(text: string): void {
    if (this.json || this.quiet) return;
    this.endBar();
    this.#terminal.err(`${text}\n`);
  }

  /** A progress bar on a terminal, redrawn in place; nothing elsewhere. */
  bar(fraction: number, note: string): void {
    if (this.json || this.quiet || !this.#terminal.isTerminal) return;
    const width = 24;
    const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
    const text = `  ${"█".repeat(full)}${"░".repeat(width - full)} ${String(Math.round(fraction * 100)).padStart(3)} %  ${note}`;
    this.#terminal.err(`\r\u001b[2K${text.slice(0, this.#terminal.columns - 1)}`);
    this.#barShown = true;
  }

  endBar(): void {
    if (this.#barShown) this.#terminal.err("\r\u001b[2K");
    this.#barShown = false;
  }

  refusal(refusal: Refusal): void {
    this.endBar();
    if (this.json) this.#terminal.out(`${JSON.stringify({ error: refusal })}\n`);
    const remedy = refusal.remedy === undefined ? "" : `\n  ${this.paint("dim", "what to do:")} ${refusal.remedy}`;
    if (!this.json) this.#terminal.err(`${this.paint("red", refusal.code)}: ${refusal.message}${remedy}\n`);
  }

  paint(colour: keyof typeof CODES, text: string): string {
    return this.#terminal.colour && !this.json ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
  }

  get columns(): number {
    return this.#terminal.columns;
  }
}

/** A plain table: columns as wide as their longest cell, the last one as long as it likes. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("  ");
  return [
    line(header),
    line(
      widths.map((width, column) => "─".repeat(column === widths.length - 1 ? (header[column]?.length ?? 0) : width)),
    ),
    ...rows.map(line),
  ].join("\n");
}
