/** One line of a chart: `[unix seconds, value]` in order of time. */
export type Line = readonly (readonly [number, number])[];

const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 70;
const BOTTOM = 24;

/** An SVG chart of one line, with the greatest and smallest value and the first and last date. */
export function lineChart(line: Line, format: (value: number) => string): string {
  if (line.length < 2) return "<p>There are too few points for a chart.</p>";
  const times = line.map(([time]) => time);
  const values = line.map(([, value]) => value);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (time: number): number => LEFT + ((time - from) / (to - from || 1)) * (WIDTH - LEFT);
  const y = (value: number): number => 8 + (1 - (value - low) / (high - low || 1)) * (HEIGHT - BOTTOM - 16);
  const points = line.map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const label = (text: string, left: number, top: number): string => `<text x="${left}" y="${top}">${text}</text>`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<polyline fill="none" stroke="#1b6ca8" stroke-width="1.5" points="${points}"/>`,
    label(format(high), 0, 16),
    label(format(low), 0, HEIGHT - BOTTOM - 4),
    label(dateText(from), LEFT, HEIGHT - 6),
    label(dateText(to), WIDTH - 80, HEIGHT - 6),
    "</svg>",
  ].join("");
}

function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
