import type { DailyReturn } from "../evidence/performance-summary.ts";

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/**
 * A line chart of values in block characters, with the scale at the left. Values are averaged into columns where there
 * are more of them than columns.
 */
export function lineChart(
  values: readonly number[],
  size: { readonly width: number; readonly height: number },
): string {
  if (values.length === 0) return "";
  const width = Math.max(8, Math.min(size.width, values.length));
  const columns = Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
  const low = Math.min(...columns);
  const high = Math.max(...columns);
  const span = high - low || 1;
  const rows = Array.from({ length: size.height }, (_, index) => {
    const floor = size.height - 1 - index;
    const cells = columns.map((value) => {
      const eighths = Math.round(((value - low) / span) * size.height * 8) - floor * 8;
      return EIGHTHS[Math.max(0, Math.min(8, floor === 0 ? Math.max(1, eighths) : eighths))] ?? " ";
    });
    const label = index === 0 ? high : index === size.height - 1 ? low : undefined;
    return `${(label === undefined ? "" : Math.round(label).toLocaleString("en-US")).padStart(12)} ${cells.join("")}`;
  });
  return rows.join("\n");
}

/** The growth of the starting cash under daily returns, with its first and last date below. */
export function equityChart(
  daily: readonly DailyReturn[],
  startCash: number,
  size: { readonly width: number; readonly height: number },
): string {
  if (daily.length === 0) return "";
  let equity = startCash;
  const values = daily.map((day) => (equity *= 1 + day.return));
  const first = daily[0]?.date ?? "";
  const last = daily.at(-1)?.date ?? "";
  const width = Math.max(8, Math.min(size.width, values.length));
  return `${lineChart(values, size)}\n${" ".repeat(13)}${first}${last.padStart(Math.max(1, width - first.length))}`;
}
