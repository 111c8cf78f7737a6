/** A CSV file by columns: the header's names in lower case without blanks, and each row with its number in the file. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly number: number; readonly cells: readonly string[] }[];
}

/**
 * Reads text as comma, semicolon or tab separated values, whichever the header has most of. Cells may stand in double
 * quotes; empty lines are left out; the header is row 1.
 */
export function parseCsv(text: string): CsvTable {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const header = lines[0] ?? "";
  const separator = [",", ";", "\t"].reduce((best, candidate) =>
    header.split(candidate).length > header.split(best).length ? candidate : best,
  );
  const rows = lines.slice(1).flatMap((line, index) => {
    if (line.trim() === "") return [];
    return [{ number: index + 2, cells: cellsOf(line, separator) }];
  });
  const columns = cellsOf(header, separator).map((name) => name.toLowerCase().replaceAll(/[\s_]+/g, ""));
  return { columns, rows };
}

function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? "";
    if (character === '"') {
      if (isQuoted && line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = !isQuoted;
    } else if (character === separator && !isQuoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += character;
  }
  return [...cells, cell.trim()];
}
