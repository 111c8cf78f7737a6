export interface DifferenceLine {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

const MOST_LINES = 2000;
const CONTEXT = 2;

/** The lines that differ between two texts, with two lines around each change. Long texts are compared bluntly. */
export function textDifference(before: string, after: string): readonly DifferenceLine[] {
  const left = before.split("\n");
  const right = after.split("\n");
  if (left.length > MOST_LINES || right.length > MOST_LINES) return [...left.map(gone), ...right.map(come)];
  return near(merged(left, right));
}

/** Longest common subsequence over lines, read off from its table of lengths. */
function merged(left: readonly string[], right: readonly string[]): readonly DifferenceLine[] {
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        left[row] === right[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DifferenceLine[] = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    const one = left[row];
    const other = right[column];
    if (one !== undefined && one === other) {
      lines.push({ mark: " ", text: one });
      row += 1;
      column += 1;
    } else if (one !== undefined && (other === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(gone(one));
      row += 1;
    } else {
      lines.push(come(other ?? ""));
      column += 1;
    }
  }
  return lines;
}

function near(lines: readonly DifferenceLine[]): readonly DifferenceLine[] {
  const changed = lines.flatMap(({ mark }, index) => (mark === " " ? [] : [index]));
  return lines.filter((_, index) => changed.some((at) => Math.abs(at - index) <= CONTEXT));
}

function gone(text: string): DifferenceLine {
  return { mark: "-", text };
}

function come(text: string): DifferenceLine {
  return { mark: "+", text };
}
